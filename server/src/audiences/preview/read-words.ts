// Long binary answers of ClickHouse, piece by piece, for previews: under limits of their own, and stopped with whoever asked.
import { ClickHouseError, EXCEPTION_TAG_HEADER_NAME, extractErrorAtTheEndOfChunk, type ClickHouseClient } from "@clickhouse/client";
import { AppError, assert } from "../../core/errors.ts";
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

/** ClickHouse's codes for a pattern that it takes no more, and for what takes too long or too much. */
const PATTERN_REFUSED = "427";
const tooMuch: ReadonlySet<string> = new Set(["158", "159", "160", "241", "307"]);

export function createReadWords(client: ClickHouseClient): ReadWords {
  const read = readerOf(client);
  return async (...asked) => {
    try {
      await read(...asked);
    } catch (error) {
      throw error instanceof ClickHouseError ? refusalOf(error) : error;
    }
  };
}

/** What lies in the question is told to whoever asked; everything else is ours. */
function refusalOf(error: ClickHouseError): Error {
  if (error.code === PATTERN_REFUSED) return new AppError("bad_request", { detail: "A pattern of it is too large to be looked for.", hint: "Repeat less in it, or write several conditions.", cause: error });
  if (!tooMuch.has(error.code)) return error;
  return new AppError("limit_reached", { detail: "To answer this takes more time or memory than one question may have.", hint: "Shorten the windows, or ask fewer conditions; or save the audience, which is counted in the background.", cause: error });
}

function readerOf(client: ClickHouseClient): ReadWords {
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
