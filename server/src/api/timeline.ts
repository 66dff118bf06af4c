// What a person did, and what was decided about them by hand, from ClickHouse, the latest first. The rows are those of the ids
// that the person's events came in under and whose owner is this person now: a merge shows at once, before its rows are rewritten.
import { z } from "zod";
import type { timeline, TimelineFilter } from "@tributary/schema/api/profiles.ts";
import { controlHeader } from "@tributary/schema/log-record.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorMs, cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { iso } from "./iso.ts";
import { OF_PERSON, paramsOfPerson } from "./person-events.ts";
import type { FoundProfile } from "./profile-store.ts";

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

type Shown = z.input<typeof timeline>["data"][number];

/** What is decided by hand, in words for people: these control records stand in timelines. */
const byHand: Readonly<Record<string, string>> = {
  "profile.edit": "Trait Corrected", "profile.consent": "Consent Recorded", "profile.unmerge": "Person Split",
};

export async function readTimeline(
  services: ApiServices,
  workspaceId: number,
  profile: FoundProfile,
  page: PageWish & { readonly filter?: TimelineFilter },
): Promise<z.input<typeof timeline>> {
  const before = decodeCursor(place, page.cursor);
  const person = await paramsOfPerson(services, workspaceId, profile);
  const filter = conditionsOf(page.filter ?? {});
  const rows = await services.timelineRead<Row>(
    workspaceId,
    `select row_id, message_id, type, event, toUnixTimestamp64Milli(timestamp) as at_ms, toUnixTimestamp64Milli(received_at) as
      received_ms, source_id,
            page_url, device_type, is_historical, properties
       from events
      where ${OF_PERSON} and (outcome = 'stored' or (outcome = 'control' and event in {by_hand:Array(String)}))
        ${before ? "and (toUnixTimestamp64Milli(timestamp), row_id) < ({before_ms:Int64}, {before_row:UInt64})" : ""}
        ${filter.sql.map((one) => `and ${one}`).join(" ")}
      order by timestamp desc, row_id desc limit {limit:UInt32}
      settings output_format_json_escape_forward_slashes = 0`,
    {
      ...person, ...filter.params, by_hand: Object.keys(byHand), limit: page.limit + 1,
      ...(before ? { before_ms: before[0], before_row: before[1] } : {}),
    },
  );
  const told = await decisionsOf(services, workspaceId, person, rows);
  return pageFrom(rows, page.limit, (row) => shown(row, told.get(row.row_id)), (row) => [row.at_ms, row.row_id]);
}

function conditionsOf(filter: TimelineFilter): { readonly sql: string[]; readonly params: Record<string, unknown> } {
  const sql: string[] = [];
  const params: Record<string, unknown> = {};
  if (filter.type !== undefined) {
    sql.push("type in {types:Array(String)}");
    params["types"] = filter.type;
  }
  if (filter.source_id !== undefined) {
    // What is decided by hand counts as the console's, whose events have a source of their own.
    sql.push("source_id = {source:UInt32}");
    params["source"] = filter.source_id;
  }
  if (filter.before_row !== undefined) {
    sql.push("(timestamp, row_id) < (select timestamp, row_id from events where workspace_id = {workspace:UInt32} and row_id = {jump:UInt64} limit 1)");
    params["jump"] = filter.before_row;
  }
  if (filter.search !== undefined) {
    const text = filter.search.normalize("NFC").toLowerCase();
    sql.push(
      "(position(lowerUTF8(concat(event, '\n', type, '\n', page_url)), {text:String}) > 0 or position(lowerUTF8(toJSONString(properties)), {json:String}) > 0)",
    );
    params["text"] = text;
    params["json"] = JSON.stringify(text).slice(1, -1);
  }
  return { sql, params };
}

/** What the control records among these rows say; they are few, and their headers are read for them alone. */
async function decisionsOf(
  services: ApiServices, workspaceId: number, person: Readonly<Record<string, unknown>>, rows: readonly Row[],
): Promise<ReadonlyMap<number, Pick<Shown, "event" | "properties">>> {
  const controls = rows.filter(({ type }) => type === "control").map(({ row_id }) => row_id);
  if (controls.length === 0) return new Map();
  const headers = await services.scan<{ row_id: number; envelope: string }>(
    workspaceId,
    `select row_id, envelope from events where ${OF_PERSON} and event in {by_hand:Array(String)} and row_id in {rows:Array(UInt64)}`,
    { ...person, by_hand: Object.keys(byHand), rows: controls },
  );
  const parsed = headers.map(({ row_id, envelope }) => ({ row_id, ...controlHeader.parse(JSON.parse(envelope)) }));
  const names = await namesOf(services, workspaceId, parsed.map(({ actor }) => actor));
  return new Map(
    parsed.map(({ row_id, actor, action }) => {
      const { kind, profileId: _, ...said } = { profileId: "", ...action };
      const { previous, undoes, ...rest } = { previous: undefined, undoes: undefined, ...said };
      const properties = {
        ...rest, ...(previous === undefined ? {} : { previous }), ...(undoes === undefined ? {} : { undoes }),
        author_id: actor, author_name: names.get(actor) ?? actor,
      };
      return [row_id, { event: byHand[kind] ?? kind, properties }];
    }),
  );
}

/** Names of accounts that are members still; others keep their opaque id. */
async function namesOf(services: ApiServices, workspaceId: number, actors: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(actors)].filter((actor) => actor.startsWith("account:")).map((actor) => actor.slice("account:".length));
  if (ids.length === 0) return new Map();
  const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) =>
    db.query<{ id: string; name: string }>("select id, name from auth_user where id = any($1)", [ids]),
  );
  return new Map(rows.map(({ id, name }) => [`account:${id}`, name]));
}

function shown(row: Row, decision: Pick<Shown, "event" | "properties"> | undefined): Shown {
  return {
    row_id: row.row_id,
    message_id: row.message_id,
    type: row.type,
    event: decision?.event ?? row.event,
    at: iso(row.at_ms),
    received_at: iso(row.received_ms),
    source_id: row.source_id,
    page_url: row.page_url,
    device_type: row.device_type,
    is_historical: row.is_historical === 1,
    properties: decision?.properties ?? row.properties,
  };
}
