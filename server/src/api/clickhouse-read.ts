// Every question of the API to ClickHouse goes through here: it names the workspace, and it has a limit on time, memory and
// threads. The SQL is ours; values reach it only as typed parameters.
import type { ClickHouseClient } from "@clickhouse/client";
import { assert } from "../core/errors.ts";

const LIMITS = {
  max_execution_time: 10,
  max_memory_usage: "1000000000",
  max_threads: 2,
  max_result_rows: "20000",
  output_format_json_quote_64bit_integers: 0,
} as const;

/** Rows as objects. `sql` must restrict every table it reads with `workspace_id = {workspace:UInt32}`. */
export type ClickHouseRead = <Row>(workspaceId: number, sql: string, params?: Readonly<Record<string, unknown>>) => Promise<Row[]>;

export function createClickHouseRead(client: ClickHouseClient): ClickHouseRead {
  return async function read<Row>(workspaceId: number, sql: string, params: Readonly<Record<string, unknown>> = {}): Promise<Row[]> {
    assert(/\bfrom\b/i.test(sql) && sql.includes("workspace_id = {workspace:UInt32}"), "a question to ClickHouse names its workspace");
    const result = await client.query({
      query: sql,
      format: "JSONEachRow",
      query_params: { ...params, workspace: workspaceId },
      clickhouse_settings: LIMITS,
    });
    return result.json<Row>();
  };
}
