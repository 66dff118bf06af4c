// Whether a destination may be sent to now. It closes when the destination fails as a whole: then nothing is taken from its stream,
// nothing counts as an attempt, and one request at a time tries whether it is well again. Pure but for the time it is told.
import type { RateShare } from "./account-rates.ts";
import { backOffMs } from "./back-off.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";

export type GateState =
  | "flowing"
  /** The destination said "too many". */
  | "throttled"
  | "failing"
  /** Its key or token is not taken: until a person acts, and a probe now and then. */
  | "unauthorized";

export interface GateStatus {
  readonly state: GateState;
  readonly sinceMs: number;
  readonly code: string;
  readonly detail: string;
  /** Probes that failed since. */
  readonly failures: number;
  /** When the next request may go out; undefined: now. */
  readonly nextAtMs: number | undefined;
}

export interface Gate {
  /**
   * Milliseconds until the next request may start, 0: now; undefined: only after one that is under way has ended. `isWaiting`: whether there is one to be started then, which is told those
   * who share the rate; undefined: nothing is told.
   */
  waitMs(nowMs: number, inFlight: number, isWaiting?: boolean): number | undefined;
  /** A request starts. */
  start(nowMs: number): void;
  succeeded(nowMs: number): void;
  /** A request failed in a way that may be the destination's. True: it counts as failing, and what was to be sent waits. */
  failed(nowMs: number, why: { readonly code: string; readonly detail: string; readonly isOfDestination: boolean }): boolean;
  throttled(nowMs: number, why: { readonly code: string; readonly detail: string; readonly afterMs: number | undefined }): void;
  unauthorized(nowMs: number, detail: string): void;
  status(): GateStatus;
}

export interface GateOptions {
  readonly limits: Pick<DeliveryLimits, "inFlight" | "failuresMax" | "probe" | "throttle">;
  /** How fast its account is asked, by all that use it. */
  readonly rate: RateShare;
  readonly nowMs: number;
  /** As it was found before a restart. */
  readonly status?: GateStatus | undefined;
  readonly onChange: (status: GateStatus) => void;
  readonly random?: () => number;
}

export function createGate({ limits, rate, nowMs, onChange, random = Math.random, ...options }: GateOptions): Gate {
  let status: GateStatus = options.status ?? { state: "flowing", sinceMs: nowMs, code: "", detail: "", failures: 0, nextAtMs: undefined };
  let failuresInRow = 0;
  if (status.state === "throttled" && status.nextAtMs !== undefined) rate.pause(status.nextAtMs);

  function become(next: Partial<GateStatus> & Pick<GateStatus, "state">, atMs: number): void {
    const isNew = next.state !== status.state;
    status = { ...status, nextAtMs: undefined, ...next, sinceMs: isNew ? atMs : status.sinceMs };
    onChange(status);
  }

  function close(state: Exclude<GateState, "flowing">, atMs: number, why: { readonly code: string; readonly detail: string }, afterMs?: number): void {
    // What was under way when it closed says nothing new.
    if (status.state === state && status.nextAtMs !== undefined && status.nextAtMs > atMs) return;
    const failures = status.state === "flowing" ? 1 : status.failures + 1;
    const waitMs = afterMs ?? backOffMs(state === "throttled" ? limits.throttle : limits.probe, failures, random());
    become({ state, code: why.code, detail: why.detail, failures, nextAtMs: atMs + waitMs }, atMs);
  }

  return {
    waitMs(atMs, inFlight, isWaiting) {
      if (inFlight >= (status.state === "flowing" ? limits.inFlight : 1)) return undefined;
      const ownMs = Math.max(0, (status.nextAtMs ?? 0) - atMs);
      // Who is not well keeps nobody waiting.
      return Math.max(ownMs, rate.waitMs(atMs, isWaiting === undefined ? undefined : isWaiting && ownMs === 0));
    },
    start: (atMs) => rate.start(atMs),
    succeeded(atMs) {
      failuresInRow = 0;
      if (status.state !== "flowing") become({ state: "flowing", code: "", detail: "", failures: 0 }, atMs);
    },
    failed(atMs, why) {
      failuresInRow++;
      if (status.state === "flowing" && failuresInRow < limits.failuresMax) return false;
      close("failing", atMs, why);
      return true;
    },
    throttled(atMs, why) {
      close("throttled", atMs, why, why.afterMs);
      // It was said to whoever uses the account.
      if (status.nextAtMs !== undefined) rate.pause(status.nextAtMs);
    },
    unauthorized(atMs, detail) {
      close("unauthorized", atMs, { code: "unauthorized", detail }, limits.probe.maxMs);
    },
    status: () => status,
  };
}
