// Long binary answers of ClickHouse, piece by piece, for previews: under limits of their own, and stopped with whoever asked.
import { EXCEPTION_TAG_HEADER_NAME, extractErrorAtTheEndOfChunk, type ClickHouseClient } from "@clickhouse/client";
import { assert } from "../../core/errors.ts";
import type { ReadWords } from "./moment.ts";

const LIMITS = {
  max_execution_time: 30,
  max_memory_usage: "2000000000",
  max_threads: 2,
  // A server that notices this kills the query; ours does always.
  cancel_http_readonly_queries_on_client_close: 1,
} as const;

/** An error that comes after the first rows stands behind the last of them, and is not longer. */
const TAIL_BYTES = 64 * 1024;

export function createReadWords(client: ClickHouseClient): ReadWords {
  return async (workspaceId, { sql, params }, take, signal) => {
    assert(sql.includes("workspace_id = {workspace:UInt32}"), "a question to ClickHouse names its workspace");
    const { stream, response_headers: headers } = await client.exec({
      query: `${sql}\nformat RowBinary`, query_params: { ...params, workspace: workspaceId }, clickhouse_settings: LIMITS, abort_signal: signal,
    });
    let tail: Buffer = Buffer.alloc(0);
    for await (const piece of stream as AsyncIterable<Buffer>) {
      const all = tail.length === 0 ? piece : Buffer.concat([tail, piece]);
      const whole = Math.max(0, all.length - TAIL_BYTES);
      if (whole > 0) take(all.subarray(0, whole));
      tail = all.subarray(whole);
    }
    const tag = headers[EXCEPTION_TAG_HEADER_NAME];
    if (typeof tag === "string" && tail.includes(`\r\n__exception__\r\n${tag}`)) throw extractErrorAtTheEndOfChunk(tail, tag);
    take(tail);
  };
}
