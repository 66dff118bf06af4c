// Whether a promise to a person was recorded: an event of the source `console` that stands in the event table, as the service
// desk writes it (server/src/desk/desk-events.ts).
import type { ClickHouseClient } from "@clickhouse/client";
import type { PromiseFor } from "./scenarios.ts";

export function createPromiseFor(clickhouse: ClickHouseClient): PromiseFor {
  return async (workspaceId, profileIds) => {
    if (profileIds.length === 0) return false;
    const result = await clickhouse.query({
      query: `select 1 from events where workspace_id = {workspace:UInt32} and outcome = 'stored' and event = 'Promise Made'
          and (profile_id in {ids:Array(UUID)} or ingest_profile_id in {ids:Array(UUID)}) limit 1`,
      query_params: { workspace: workspaceId, ids: profileIds }, format: "JSONEachRow",
    });
    return (await result.json()).length > 0;
  };
}
