// Requests and replies, for a week in ClickHouse: what people look at when something fails; their hashes stay. They are written as they come and not
// before anything goes on; a kill may cost the last second of them, never an outcome.
import { hash } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "../core/logger.ts";
import type { Exchange } from "../destinations/destinations.ts";

export interface ExchangeLog {
  add(of: { readonly workspaceId: number; readonly destinationId: number; readonly requestId: string }, exchanges: readonly Exchange[]): void;
  /** Writes what is there by now. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const FLUSH_MS = 1_000;
/** Characters that wait to be written. */
const WAITING_MAX = 32 * 1024 * 1024;

export function createExchangeLog({ clickhouse, logger }: { readonly clickhouse: ClickHouseClient; readonly logger: Logger }): ExchangeLog {
  let waiting: object[] = [];
  let hashes: object[] = [];
  let size = 0;
  let droppedCount = 0;
  let flushing: Promise<void> | undefined;

  async function write(): Promise<void> {
    const [values, hashed] = [waiting, hashes];
    waiting = [];
    hashes = [];
    size = 0;
    if (droppedCount > 0) logger.warn({ exchanges: droppedCount }, "too many requests and replies of deliveries came at once: of these nothing is kept");
    droppedCount = 0;
    await insert("delivery_hashes", hashed);
    await insert("delivery_exchanges", values);
  }

  async function insert(table: string, values: readonly object[]): Promise<void> {
    if (values.length === 0) return;
    try {
      await clickhouse.insert({ table, values, format: "JSONEachRow", clickhouse_settings: { date_time_input_format: "best_effort" } });
    } catch (error) {
      logger.warn({ err: error, table, exchanges: values.length }, "requests and replies of deliveries could not be kept");
    }
  }

  const flush = (): Promise<void> => {
    flushing ??= write().finally(() => {
      flushing = undefined;
    });
    return flushing;
  };
  const timer = setInterval(() => void flush(), FLUSH_MS);
  timer.unref();

  return {
    add({ workspaceId, destinationId, requestId }, exchanges) {
      for (const [nr, one] of exchanges.entries()) {
        const of = { workspace_id: workspaceId, destination_id: destinationId, request_id: requestId, at: new Date(one.startedAtMs).toISOString(), nr, method: one.method, status: one.status ?? 0 };
        hashes.push({ ...of, request_hash: one.requestHash ?? hash("sha256", one.requestBody), response_hash: one.responseHash ?? hash("sha256", one.responseBody) });
        const bytes = one.requestBody.length + one.responseBody.length;
        if (size + bytes > WAITING_MAX) {
          droppedCount++;
          continue;
        }
        size += bytes;
        waiting.push({
          ...of, url: one.url, request_headers: JSON.stringify(one.requestHeaders), request_body: one.requestBody,
          response_headers: JSON.stringify(one.responseHeaders), response_body: one.responseBody, failure: one.failure ?? "", took_ms: Math.round(one.tookMs),
        });
      }
    },
    flush,
    async close() {
      clearInterval(timer);
      await flushing;
      await flush();
    },
  };
}
