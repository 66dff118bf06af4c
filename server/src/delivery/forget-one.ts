// One call that tells a destination to forget one id of somebody, and what it says. Of the request nothing is kept: it would be one more place
// that names them.
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Connection, Destination, Outcome, SendResult } from "../destinations/destinations.ts";
import { tellGate } from "./deliver.ts";
import type { Forgetting } from "./forgetting.ts";
import type { Gate } from "./gate.ts";

export interface ForgetOptions {
  readonly connection: Connection;
  readonly destination: Destination;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly requestMs: number;
  readonly signal: AbortSignal;
}

export interface Forgotten {
  /** Undefined: the server stops, and nobody knows. */
  readonly outcome: Outcome | undefined;
  /** It is to be told again once the destination is well. */
  readonly isClosed: boolean;
  readonly refreshed: SendResult["refreshed"];
}

/** Tells the gate what it saw. Never throws. */
export async function forgetOne({ call }: Forgetting, { connection, destination, gate, clock, requestMs, signal }: ForgetOptions): Promise<Forgotten> {
  gate.start(clock.nowMs());
  const { outcomes, refreshed } = await ask(destination, connection, call, AbortSignal.any([signal, AbortSignal.timeout(requestMs)]));
  const outcome = outcomes[0] ?? { kind: "retry", code: "no_outcome", detail: "The destination said nothing of it.", isOfDestination: false };
  if (signal.aborted && outcome.kind === "retry") return { outcome: undefined, isClosed: false, refreshed };
  return { outcome, isClosed: tellGate(gate, clock.nowMs(), [outcome]), refreshed };
}

async function ask(destination: Destination, connection: Connection, call: Forgetting["call"], signal: AbortSignal): Promise<Pick<SendResult, "outcomes" | "refreshed">> {
  try {
    const answer = await destination.forget?.(connection, call, signal);
    return answer ?? { outcomes: [{ kind: "refused", code: "not_offered", detail: "It can't be told to forget anybody." }] };
  } catch (error) {
    const detail = error instanceof Error ? error.message : "The destination's code failed.";
    return { outcomes: [error instanceof AppError ? { kind: "refused", code: error.code, detail } : { kind: "retry", code: "destination_fault", detail, isOfDestination: false }] };
  }
}
