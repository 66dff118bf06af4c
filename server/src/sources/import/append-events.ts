// Events of an import into the log, in records within the limits. When the log takes nothing in, this waits, and with it
// the upload pauses. At most one record is on its way while the next is filled, and no more than a few wait for the pipeline: who
// else sends into this partition, another workspace perhaps, would wait behind all of a file that is read faster than it is decided.
import { setTimeout as sleep } from "node:timers/promises";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { AppError } from "../../core/errors.ts";
import type { Processed } from "../../governance/governance.ts";
import type { EventLog } from "../../log/log.ts";
import { importLimits } from "./import-limits.ts";

export interface EventAppender {
  /** Resolves when the event is on its way or waits for a full record. Rejects with AppError `overloaded` after a long refusal. */
  add(json: Buffer): Promise<void>;
  /** Resolves when every event added is durable. */
  flush(): Promise<void>;
}

export interface AppendOptions {
  readonly log: EventLog;
  readonly processed: Processed;
  readonly partition: number;
  /** Made anew for each record: it carries the time at which its events were received. */
  readonly header: () => EventsHeader;
  readonly signal: AbortSignal;
}

/** Between two looks whether the import was stopped meanwhile. */
const LOOK_MS = 1_000;

export function createEventAppender(options: AppendOptions): EventAppender {
  let events: Buffer[] = [];
  let bytes = 0;
  let onItsWay: Promise<void> = Promise.resolve();
  /** Where those records stand that the pipeline may not have come to. */
  const undecided: number[] = [];

  async function send(): Promise<void> {
    await onItsWay;
    if (events.length === 0) return;
    onItsWay = appendBehindPipeline(options, events, undecided);
    events = [];
    bytes = 0;
    // Looked at by the next send or flush; until then it must not count as unhandled.
    onItsWay.catch(() => undefined);
  }
  return {
    add: async (json) => {
      if (events.length > 0 && bytes + json.length > importLimits.recordBytesMax) await send();
      events.push(json);
      bytes += json.length;
      if (events.length >= importLimits.recordEventsMax) await send();
    },
    flush: async () => {
      await send();
      await onItsWay;
    },
  };
}

async function appendBehindPipeline(options: AppendOptions, events: Buffer[], undecided: number[]): Promise<void> {
  const oldest = undecided.length < importLimits.recordsAheadMax ? undefined : undecided.shift();
  if (oldest !== undefined) await waitUntilDecided(options, oldest);
  undecided.push(await appendPatiently(options, events));
}

async function waitUntilDecided({ processed, partition, signal }: AppendOptions, offset: number): Promise<void> {
  for (let waitedMs = 0; !(await processed.waitFor(partition, offset, LOOK_MS)); waitedMs += LOOK_MS) {
    signal.throwIfAborted();
    if (waitedMs < importLimits.overloadWaitMaxMs) continue;
    throw new AppError("overloaded", { detail: "The pipeline has not come to what was imported before.", retryAfterSeconds: LOOK_MS / 1_000 });
  }
}

/** Gives the offset of the record. */
async function appendPatiently({ log, partition, header, signal }: AppendOptions, events: Buffer[]): Promise<number> {
  const record = { header: header(), events };
  for (let waitedMs = 0; ;) {
    signal.throwIfAborted();
    try {
      return (await log.append(partition, record)).offset;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "overloaded" || waitedMs >= importLimits.overloadWaitMaxMs) throw error;
      const waitMs = Math.min(5, Math.max(0.2, error.retryAfterSeconds ?? 1)) * 1000;
      waitedMs += waitMs;
      await sleep(waitMs, undefined, { signal });
    }
  }
}
