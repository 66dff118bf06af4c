// What a person did, from ClickHouse, the latest first. The rows are those of the ids that the person's events came in under
// and whose owner is this person now: a merge shows at once, before its rows are rewritten.
import { z } from "zod";
import type { timeline } from "@tributary/schema/api/profiles.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorMs, cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { iso } from "./iso.ts";
import { ownerIds, type FoundProfile } from "./profile-store.ts";

const place = z.tuple([cursorMs, cursorRow]);

interface Row {
  row_id: number;
  message_id: string;
  type: string;
  event: string;
  at_ms: number;
  received_ms: number;
  source_id: number;
  page_url: string;
  device_type: string;
  is_historical: number;
  properties: Record<string, unknown>;
}

export interface PageWish {
  readonly limit: number;
  readonly cursor: string | undefined;
}

export async function readTimeline(
  services: ApiServices,
  workspaceId: number,
  profile: FoundProfile,
  page: PageWish,
): Promise<z.input<typeof timeline>> {
  const before = decodeCursor(place, page.cursor);
  const owners = await services.deps.workspaceDb.run(workspaceId, (db) => ownerIds(db, workspaceId, profile.id));
  const rows = await services.timelineRead<Row>(
    workspaceId,
    `select row_id, message_id, type, event, toUnixTimestamp64Milli(timestamp) as at_ms, toUnixTimestamp64Milli(received_at) as
      received_ms, source_id,
            page_url, device_type, is_historical, properties
       from events
      where workspace_id = {workspace:UInt32} and ingest_profile_id in {ingest_ids:Array(UUID)} and profile_id in {owners:Array(UUID)}
        and outcome = 'stored' ${before ? "and (toUnixTimestamp64Milli(timestamp), row_id) < ({before_ms:Int64}, {before_row:UInt64})" : ""}
      order by timestamp desc, row_id desc limit {limit:UInt32}`,
    {
      ingest_ids: [...new Set([...profile.ingestIds, ...owners])],
      owners,
      limit: page.limit + 1,
      ...(before ? { before_ms: before[0], before_row: before[1] } : {}),
    },
  );
  return pageFrom(rows, page.limit, shown, (row) => [row.at_ms, row.row_id]);
}

function shown(row: Row): z.input<typeof timeline>["data"][number] {
  return {
    row_id: row.row_id,
    message_id: row.message_id,
    type: row.type,
    event: row.event,
    at: iso(row.at_ms),
    received_at: iso(row.received_ms),
    source_id: row.source_id,
    page_url: row.page_url,
    device_type: row.device_type,
    is_historical: row.is_historical === 1,
    properties: row.properties,
  };
}
