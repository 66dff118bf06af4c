// Answers "what would happen if" without changing anything: the same functions as the real thing, on a state in memory.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { WithdrawPreview } from "@tributary/schema/api/import-sample.ts";
import type { IdentityPreview, UnmergePreview } from "@tributary/schema/api/identity.ts";
import type { IdentifierRef } from "@tributary/schema/control.ts";
import type { IdentitySettings } from "@tributary/schema/settings.ts";
import { AppError } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { hasExpiredEvents } from "./controls/expired-evidence.ts";
import { componentOf, refold } from "./controls/refold.ts";
import { drawLine } from "./controls/unmerge.ts";
import { previewRules } from "./preview-rules.ts";
import { createRuleBook } from "./workspace-rules.ts";
import { createWorld, type Person } from "./world.ts";

export interface PreviewDeps {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly secret: string;
  readonly limits: Limits;
}

/** Row ids are safe integers; this is beyond them all. */
const AFTER_ALL_ROWS = Number.MAX_SAFE_INTEGER;
/** The line drawn by a preview; no control record has this position. */
const PREVIEW_SPLIT = 0;

/** Both resulting people of an unmerge. Throws `bad_request` when the choice leaves one side empty. */
export async function previewUnmerge(
  deps: PreviewDeps, workspaceId: number, profileId: string, identifiers: readonly IdentifierRef[],
): Promise<Omit<UnmergePreview, "dry_run">> {
  await untilLanded(deps.pool, workspaceId);
  const world = createWorld({ peopleMax: 1_000, edgesMax: 1_000 });
  const rules = createRuleBook(deps);
  const db = await deps.pool.connect();
  try {
    await rules.load(db, [workspaceId]);
    const component = await componentOf(db, world, [profileId]);
    const person = component.people.find(({ state }) => state.id === profileId);
    if (!person || person.workspaceId !== workspaceId || person.state.suppressed) throw new AppError("not_found");
    const lines = drawLine(person.state.identifiers, identifiers, PREVIEW_SPLIT);
    if (!lines) throw new AppError("bad_request", { detail: "Choose some of the person's identifiers, and not all." });
    const hasExpired = await hasExpiredEvents(db, workspaceId);
    const result = await refold(deps.clickhouse, rules, { workspaceId, component, beforeRow: AFTER_ALL_ROWS, splits: lines, hasExpired }, deps.secret);
    const isChosen = (side: Person): boolean => side.state.splits[String(PREVIEW_SPLIT)] === 1;
    // Whoever shares history with this person is made anew, too, and is no side of the line.
    const isOfThem = (side: Person): boolean => side.state.splits[String(PREVIEW_SPLIT)] !== undefined;
    const ofThem = new Set(lines.keys());
    return {
      stays: sideOf(result.people.filter((side) => isOfThem(side) && !isChosen(side))),
      splits_off: sideOf(result.people.filter(isChosen)),
      others: result.people.filter((side) => !isOfThem(side)).length,
      nobodys: result.orphaned.filter(({ key }) => ofThem.has(key)).map(({ namespace, value }) => ({ namespace, value })),
    };
  } finally {
    db.release();
  }
}

/** People whose events are looked at before an import is taken back. */
const WITHDRAW_PEOPLE_MAX = 100_000;

/** What taking an import back would touch: events, people, and those of whom nothing else is known. */
export async function previewWithdraw(deps: PreviewDeps, workspaceId: number, importId: number): Promise<Omit<WithdrawPreview, "dry_run">> {
  await untilLanded(deps.pool, workspaceId);
  const result = await deps.clickhouse.query({
    query: `select toString(ingest_profile_id) as id, toString(countIf(import_id = {i:UInt32} and outcome = 'stored')) as mine, toString(count()) as every from events
      where workspace_id = {w:UInt32} and outcome in ('stored', 'control') and ingest_profile_id in (
        select distinct ingest_profile_id from events where workspace_id = {w:UInt32} and import_id = {i:UInt32} and outcome = 'stored')
      group by ingest_profile_id order by ingest_profile_id limit {limit:UInt32}`,
    query_params: { w: workspaceId, i: importId, limit: WITHDRAW_PEOPLE_MAX + 1 },
    format: "JSONEachRow",
  });
  const rows = await result.json<{ id: string; mine: string; every: string }>();
  const { rows: people } = await deps.pool.query<{ id: string; now: string }>(
    "select id, coalesce(merged_into, id) as now from profile where workspace_id = $1 and id = any($2::uuid[])", [workspaceId, rows.map(({ id }) => id)],
  );
  const now = new Map(people.map((person) => [person.id, person.now]));
  const others = new Map<string, number>();
  for (const { id, mine, every } of rows) {
    const person = now.get(id);
    if (person !== undefined) others.set(person, (others.get(person) ?? 0) + Number(every) - Number(mine));
  }
  return {
    events: rows.reduce((sum, { mine }) => sum + Number(mine), 0), people: others.size,
    gone: [...others.values()].filter((count) => count === 0).length, complete: rows.length <= WITHDRAW_PEOPLE_MAX,
  };
}

/** Last events that a side shows. */
const LATEST_MAX = 5;

/** How long a preview waits for what was decided to be in ClickHouse, where it reads people's events. */
const LANDING_WAIT_MS = 3_000;

/** What was just changed by hand must count in the preview, too. */
async function untilLanded(pool: Pool, workspaceId: number): Promise<void> {
  const deadlineMs = performance.now() + LANDING_WAIT_MS;
  for (;;) {
    const { rows } = await pool.query<{ waits: boolean }>(
      `select exists (select from ch_outbox o join workspace w on w.log_partition = o.partition where w.id = $1 and o.sent_at is null) as waits`, [workspaceId],
    );
    if (!rows[0]?.waits || performance.now() > deadlineMs) return;
    await sleep(50);
  }
}

function sideOf(people: readonly Person[]): UnmergePreview["stays"] {
  const oldestFirst = people.toSorted((a, b) => a.state.firstRow - b.state.firstRow);
  const [oldest] = oldestFirst;
  const counted = people.filter(({ doc }) => doc.events.count > 0);
  const ends = { first: Math.min(...counted.map(({ doc }) => doc.events.firstAtMs)), last: Math.max(...counted.map(({ doc }) => doc.events.lastAtMs)) };
  const iso = (ms: number): string | null => (counted.length === 0 ? null : new Date(ms).toISOString());
  // What several have together; of what differs, the oldest's.
  const together = <T>(of: (person: Person) => Record<string, T>): Record<string, T> => Object.fromEntries(oldestFirst.toReversed().flatMap((one) => Object.entries(of(one))));
  return {
    profile_id: oldest?.state.id ?? null,
    identifiers: people.flatMap(({ state }) => state.identifiers.map(({ namespace, value }) => ({ namespace, value }))),
    traits: together(({ doc }) => Object.fromEntries(Object.entries(doc.traits).filter(([, { value }]) => value !== null).map(([name, { value }]) => [name, value]))),
    event_count: people.reduce((sum, { doc }) => sum + doc.events.count, 0),
    first_seen_at: iso(ends.first),
    last_seen_at: iso(ends.last),
    consents: together(({ doc }) => Object.fromEntries(Object.entries(doc.consents).map(([category, { granted }]) => [category, granted]))),
    latest_events: people.flatMap(({ doc }) => doc.events.latest).sort((a, b) => b.atMs - a.atMs).slice(0, LATEST_MAX)
      .map(({ name, atMs }) => ({ event: name, at: new Date(atMs).toISOString() })),
    people: people.length,
  };
}

/** Who would be joined and who would come apart under other rules. */
export async function previewIdentity(deps: PreviewDeps, workspaceId: number, identity: IdentitySettings): Promise<IdentityPreview> {
  const rules = createRuleBook(deps);
  const db = await deps.pool.connect();
  try {
    await rules.load(db, [workspaceId]);
    const { identity: now, settings } = rules.of(workspaceId);
    return await previewRules(deps.pool, workspaceId, { now, changed: identity, phoneCountry: settings.phoneCountry });
  } finally {
    db.release();
  }
}
