// One request to a destination, and what it says of each job that went with it.
import { randomUUID } from "node:crypto";
import { withoutOptInSettings } from "@tributary/schema/destination/opt-in.ts";
import type { Clock } from "../core/clock.ts";
import type { Connection, Destination, Outcome, SendResult } from "../destinations/destinations.ts";
import { DETAIL_MAX, entryFor, type Entry } from "./entry.ts";
import type { ExchangeLog } from "./exchanges.ts";
import type { Gate } from "./gate.ts";
import type { DeliveryJob } from "./pick.ts";

export interface Delivered {
  /** With an outcome for good. */
  readonly entries: readonly { readonly job: DeliveryJob; readonly entry: Entry }[];
  /** Each may work later, by itself. */
  readonly again: readonly { readonly job: DeliveryJob; readonly why: Why }[];
  /** The destination as a whole did not take them: no attempt is counted. */
  readonly back: readonly DeliveryJob[];
  readonly refreshed: SendResult["refreshed"];
}

export interface Why {
  readonly code: string;
  readonly detail: string;
  readonly status: number;
  readonly afterMs: number | undefined;
  readonly requestId: string;
}

export interface DeliverOptions {
  readonly connection: Connection;
  readonly destination: Destination;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly exchanges: ExchangeLog;
  readonly requestMs: number;
  readonly signal: AbortSignal;
  /** Where batches stay together: of these. */
  readonly batchId: string | undefined;
}

/** `jobs`: of one subscription, at least one. Tells the gate what it saw. Never throws but when the server stops. */
export async function deliver(jobs: readonly [DeliveryJob, ...DeliveryJob[]], options: DeliverOptions): Promise<Delivered> {
  const { gate, clock, connection } = options;
  // What a file is called is the request that its rows were delivered with.
  const requestId = options.batchId ?? randomUUID();
  gate.start(clock.nowMs());
  const result = await send(jobs, options);
  if (options.signal.aborted && result.outcomes.some(({ kind }) => kind === "retry")) return { entries: [], again: [], back: jobs, refreshed: result.refreshed };
  options.exchanges.add({ workspaceId: connection.workspaceId, destinationId: connection.destinationId, requestId }, result.exchanges);
  // What stays together is tried again together.
  const isClosed = tellGate(gate, clock.nowMs(), result.outcomes) || options.batchId !== undefined;
  const delivered: { entries: { job: DeliveryJob; entry: Entry }[]; again: { job: DeliveryJob; why: Why }[]; back: DeliveryJob[] } = { entries: [], again: [], back: [] };
  for (const [i, job] of jobs.entries()) {
    const outcome = result.outcomes[i] ?? { kind: "retry", code: "no_outcome", detail: "The destination said nothing of this item.", isOfDestination: false };
    if (outcome.kind === "unauthorized" || (outcome.kind === "retry" && isClosed)) delivered.back.push(job);
    else if (outcome.kind === "retry") {
      delivered.again.push({ job, why: { code: outcome.code, detail: outcome.detail.slice(0, DETAIL_MAX), status: outcome.status ?? 0, afterMs: outcome.afterMs, requestId } });
    } else delivered.entries.push({ job, entry: entryOf(job, outcome, clock.nowMs(), requestId) });
  }
  return { ...delivered, refreshed: result.refreshed };
}

async function send(jobs: readonly [DeliveryJob, ...DeliveryJob[]], { connection, destination, requestMs, signal, batchId }: DeliverOptions): Promise<SendResult> {
  const { subscription } = jobs[0];
  const { settings } = withoutOptInSettings(destination.definition.settings, connection.settings, subscription.definition.consent);
  try {
    return await destination.send(
      {
        connection: settings === connection.settings ? connection : { ...connection, settings }, subscription: { id: subscription.id, version: subscription.version, action: subscription.definition.action, syncMode: jobs[0].syncMode ?? subscription.definition.syncMode },
        audience: jobs[0].audience, items: jobs.map(({ item }) => item), batchId,
      },
      AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
    );
  } catch (error) {
    // A fault of the destination's code: it may hit this item alone.
    const detail = error instanceof Error ? error.message : "The destination's code failed.";
    return { outcomes: jobs.map((): Outcome => ({ kind: "retry", code: "destination_fault", detail, isOfDestination: false })), exchanges: [] };
  }
}

/** True: whatever failed is to be sent again once the destination is well. */
export function tellGate(gate: Gate, nowMs: number, outcomes: readonly Outcome[]): boolean {
  const denied = outcomes.find((one) => one.kind === "unauthorized");
  if (denied) {
    gate.unauthorized(nowMs, denied.detail);
    return true;
  }
  const failed = outcomes.filter((one) => one.kind === "retry");
  const [first] = failed;
  if (first === undefined || failed.length < outcomes.length) {
    gate.succeeded(nowMs);
    return false;
  }
  if (first.status === 429) {
    gate.throttled(nowMs, { code: first.code, detail: first.detail, afterMs: first.afterMs });
    return true;
  }
  return gate.failed(nowMs, first);
}

function leftOutText({ leftOut = [] }: DeliveryJob): string {
  return leftOut.length === 0 ? "" : `Without ${leftOut.join(", ")}: it opts people in, and is not filled from their consent.`;
}

type Final = Exclude<Outcome, { readonly kind: "retry" | "unauthorized" }>;

function entryOf(job: DeliveryJob, outcome: Final, nowMs: number, requestId: string): Entry {
  const said = outcome.kind === "delivered" ? { code: "", detail: leftOutText(job), status: outcome.status ?? 0 }
    : outcome.kind === "nothing" ? { code: "", detail: outcome.detail, status: 0 } : { code: outcome.code, detail: outcome.detail, status: outcome.status ?? 0 };
  return entryFor({ ...job, messageId: job.item.event.messageId, attempts: job.attempts + 1 }, outcome.kind, { ...said, requestId }, nowMs);
}
