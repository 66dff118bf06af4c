// Events of an import into the log, in records within the limits. When the log takes nothing in, this waits, and with it
// the upload pauses. At most one record is on its way while the next is filled.
import { setTimeout as sleep } from "node:timers/promises";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { AppError } from "../../core/errors.ts";
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
  readonly partition: number;
  /** Made anew for each record: it carries the time at which its events were received. */
  readonly header: () => EventsHeader;
  readonly signal: AbortSignal;
}

export function createEventAppender(options: AppendOptions): EventAppender {
  let events: Buffer[] = [];
  let bytes = 0;
  let onItsWay: Promise<void> = Promise.resolve();

  async function send(): Promise<void> {
    await onItsWay;
    if (events.length === 0) return;
    const record = { header: options.header(), events };
    events = [];
    bytes = 0;
    onItsWay = appendPatiently(options, record);
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

async function appendPatiently({ log, partition, signal }: AppendOptions, record: { header: EventsHeader; events: Buffer[] }): Promise<void> {
  for (let waitedMs = 0; ;) {
    signal.throwIfAborted();
    try {
      await log.append(partition, record);
      return;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "overloaded" || waitedMs >= importLimits.overloadWaitMaxMs) throw error;
      const waitMs = Math.min(5, Math.max(0.2, error.retryAfterSeconds ?? 1)) * 1000;
      waitedMs += waitMs;
      await sleep(waitMs, undefined, { signal });
    }
  }
}
