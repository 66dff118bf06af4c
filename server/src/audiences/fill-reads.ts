// What a fill reads, of audiences as of computed traits: the answer about everybody, and whom Postgres has something of.
import type { ClickHouseClient } from "@clickhouse/client";
import { QUERY_SETTINGS } from "./ask.ts";

interface AskAll {
  /** With its format. */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** The answer as the bytes in which it came. */
export async function bytesOf(clickhouse: ClickHouseClient, { sql, params, signal }: AskAll): Promise<Buffer> {
  const { stream } = await clickhouse.exec({ query: sql, query_params: { ...params }, clickhouse_settings: QUERY_SETTINGS, abort_signal: signal });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer); // A stream of bytes.
  return Buffer.concat(parts);
}

const IDS_AT_ONCE = 50_000;
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

/** `read`: at most so many rows behind this id, in the order of ids. */
export async function readIds(read: (after: string, limit: number) => Promise<{ readonly rows: readonly { readonly profile_id: string }[] }>): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let after = BEFORE_ALL; ;) {
    const { rows } = await read(after, IDS_AT_ONCE);
    for (const { profile_id: id } of rows) ids.add(id);
    const last = rows.at(-1);
    if (last === undefined || rows.length < IDS_AT_ONCE) return ids;
    after = last.profile_id;
  }
}
