// Whom destinations are to forget, beside what each does by itself: those that can't are named as such, those that could not be told in time are
// given up, and once every destination has said something, what was sent about the person, and what was answered, is erased here.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { Catalog } from "../destinations/destinations.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { NO_REQUEST } from "./delivery-log.ts";
import { callsOf, type StoredIdentifier } from "./forgetting.ts";

export interface SweepOptions {
  readonly pool: Pool;
  readonly catalog: Pick<Catalog, "find">;
  readonly limits: Pick<DeliveryLimits, "forgetGiveUpMs">;
  readonly nowMs: number;
}

interface Waiting {
  readonly forgettingId: number;
  readonly destinationId: number;
  readonly slug: string;
  readonly isArchived: boolean;
  readonly isEnabled: boolean;
  readonly identifiers: readonly StoredIdentifier[];
  readonly sinceMs: number;
  readonly code: string;
  readonly detail: string;
}

interface End {
  readonly status: "by_hand" | "nothing" | "expired";
  readonly code: string;
  readonly detail: string;
}

/** Those that still wait, by destination. */
export async function sweepForgettings({ pool, catalog, limits, nowMs }: SweepOptions): Promise<ReadonlySet<number>> {
  const { rows } = await pool.query<Waiting>(
    `select t.forgetting_id as "forgettingId", t.destination_id as "destinationId", d.definition as slug, d.status <> 'active' as "isArchived", d.enabled as "isEnabled", f.identifiers,
       extract(epoch from t.since)::float8 * 1000 as "sinceMs", t.code, t.detail
     from forgetting_destination t join forgetting f on f.id = t.forgetting_id join destination d on d.id = t.destination_id where t.status = 'waiting' order by 1, 2 limit 10000`,
  );
  const waiting = new Set<number>();
  for (const row of rows) {
    const end = await endOf(row, catalog, nowMs - limits.forgetGiveUpMs);
    if (end === undefined) waiting.add(row.destinationId);
    else {
      await pool.query(
        "update forgetting_destination set status = $3, code = $4, detail = $5, done_at = $6 where forgetting_id = $1 and destination_id = $2 and status = 'waiting'",
        [row.forgettingId, row.destinationId, end.status, end.code, end.detail, new Date(nowMs)],
      );
    }
  }
  await pool.query("select close_forgettings()");
  return waiting;
}

async function endOf(row: Waiting, catalog: Pick<Catalog, "find">, giveUpBeforeMs: number): Promise<End | undefined> {
  if (row.isArchived) return { status: "by_hand", code: "archived", detail: "It is archived, and is not told anything any more. What it was sent before may still be there." };
  const destination = await catalog.find(row.slug);
  if (destination?.forget === undefined) return { status: "by_hand", code: "not_offered", detail: "It can't be told to forget anybody." };
  if (callsOf(destination.definition, row.identifiers).length === 0) {
    return { status: "nothing", code: "no_id", detail: `It is told of people by ${destination.definition.origin === "own" ? "user id or anonymous id" : "user id alone"}, and this person had none.` };
  }
  if (row.sinceMs > giveUpBeforeMs) return undefined;
  const why = row.code !== "" ? row : row.isEnabled ? { code: "not_reached", detail: "It could not be told." } : { code: "disabled", detail: "It is switched off." };
  return { status: "expired", code: why.code, detail: why.detail };
}

/** Literals in one statement. */
const AT_ONCE = 1_000;

/** Of people for whom every destination has an outcome. `settled`: what was sent stands in ClickHouse. True: there was one. */
export async function eraseSent({ pool, clickhouse, settled }: { readonly pool: Pool; readonly clickhouse: ClickHouseClient; readonly settled: () => Promise<void> }): Promise<boolean> {
  const { rows: [one] } = await pool.query<{ id: number; workspaceId: number; profileIds: readonly string[] }>(
    `select id, workspace_id as "workspaceId", profile_ids as "profileIds" from forgetting f
     where done_at is null and sent_erased_at is null and not exists (select from forgetting_destination d where d.forgetting_id = f.id and d.status = 'waiting') order by id limit 1`,
  );
  if (one === undefined) return false;
  await settled();
  const people = one.profileIds.map((id) => `'${id}'`).join(", ");
  const theirs = `workspace_id = ${one.workspaceId} and (profile_id in (${people}) or person_id in (${people}))`;
  const found = await clickhouse.query({ query: `select distinct toString(request_id) as id from deliveries where ${theirs} and request_id != '${NO_REQUEST}'`, format: "JSONEachRow" });
  const requests = (await found.json<{ id: string }>()).map(({ id }) => id);
  for (let from = 0; from < requests.length; from += AT_ONCE) {
    const ids = requests.slice(from, from + AT_ONCE).map((id) => `'${id}'`).join(", ");
    await erase(clickhouse, "delivery_exchanges", `workspace_id = ${one.workspaceId} and request_id in (${ids})`);
  }
  await erase(clickhouse, "deliveries", theirs);
  // After an unclean end these would be written there again.
  await pool.query(
    `update delivery_done set entries = (select coalesce(json_agg(e), '[]') from json_array_elements(entries) as e where not coalesce(e ->> 'profileId' = any($2), false) and not coalesce(e ->> 'personId' = any($2), false))
     where workspace_id = $1 and entries::text ~ $3`, [one.workspaceId, one.profileIds, one.profileIds.join("|")],
  );
  await pool.query("update forgetting set sent_erased_at = now() where id = $1", [one.id]);
  await pool.query("select close_forgettings()");
  return true;
}

async function erase(clickhouse: ClickHouseClient, table: string, where: string): Promise<void> {
  await clickhouse.command({ query: `alter table ${table} delete where ${where}`, clickhouse_settings: { mutations_sync: "2" } });
}
