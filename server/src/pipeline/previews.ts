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
import { compileIdentityRules, memoryIdentityState, normaliseIdentifier, resolve, type EventIdentifier } from "../identity/identity.ts";
import { hasExpiredEvents } from "./controls/expired-evidence.ts";
import { componentOf, refold } from "./controls/refold.ts";
import { drawLine } from "./controls/unmerge.ts";
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
    return {
      stays: sideOf(result.people.filter((side) => !isChosen(side))),
      splits_off: sideOf(result.people.filter(isChosen)),
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
  const [oldest] = people.toSorted((a, b) => a.state.firstRow - b.state.firstRow);
  return {
    profile_id: oldest?.state.id ?? null,
    identifiers: people.flatMap(({ state }) => state.identifiers.map(({ namespace, value }) => ({ namespace, value }))),
    traits: Object.fromEntries(Object.entries(oldest?.doc.traits ?? {}).map(([name, { value }]) => [name, value])),
    event_count: people.reduce((sum, { doc }) => sum + doc.events.count, 0),
  };
}

/** Most pieces of evidence that a preview of rules replays; the answer says when there were more. */
const EVIDENCE_MAX = 100_000;
const EXAMPLES_MAX = 50;

interface EvidenceRow {
  readonly row_id: string;
  readonly kind: string;
  readonly a: string;
  readonly a_namespace: string;
  readonly a_value: string;
  readonly a_profile: string | null;
  readonly b: string;
  readonly b_namespace: string;
  readonly b_value: string;
  readonly b_profile: string | null;
}

/**
 * Who would be joined and who would come apart under other rules: replays the evidence (which identifiers were first seen
 * together, in log order) with the new rules and compares with the people of today.
 */
export async function previewIdentity(deps: PreviewDeps, workspaceId: number, identity: IdentitySettings): Promise<IdentityPreview> {
  const rules = compileIdentityRules(identity);
  if (rules.problems.length > 0) throw new AppError("bad_request", { detail: rules.problems.join(" ") });
  const { rows } = await deps.pool.query<EvidenceRow>(
    `select e.row_id, e.kind, a.key as a, a.namespace as a_namespace, a.value as a_value, a.profile_id as a_profile,
       b.key as b, b.namespace as b_namespace, b.value as b_value, b.profile_id as b_profile
     from identity_edge e join identifier a on a.key = e.a join identifier b on b.key = e.b
     where e.workspace_id = $1 and a.value <> '' and b.value <> '' order by e.row_id limit $2`,
    [workspaceId, EVIDENCE_MAX + 1],
  );
  const evidence = rows.slice(0, EVIDENCE_MAX);
  const before = new Map<string, string>();
  const names = new Map<string, IdentifierRef>();
  const state = memoryIdentityState();
  for (const group of groupByRow(evidence)) {
    const identifiers = new Map<string, EventIdentifier>();
    for (const row of group) {
      for (const side of ["a", "b"] as const) {
        const ref = { namespace: row[`${side}_namespace`], value: row[`${side}_value`] };
        const owner = row[`${side}_profile`];
        if (owner) before.set(row[side], owner);
        names.set(row[side], ref);
        const rule = rules.byName.get(ref.namespace);
        if (rule && !("invalid" in normaliseIdentifier(ref.value, rule, undefined))) identifiers.set(row[side], { ...ref, key: row[side] });
      }
    }
    const rankOf = (identifier: EventIdentifier): number => rules.byName.get(identifier.namespace)?.rank ?? 0;
    resolve(
      {
        workspaceId, rowId: Number(group[0]?.row_id ?? 0), sourceId: 0, atMs: 0, type: "identify", previous: [],
        trust: group.some(({ kind }) => kind === "claimed") ? "query_string" : "full",
        identifiers: [...identifiers.values()].sort((one, other) => rankOf(one) - rankOf(other)),
      },
      rules, state,
    );
  }
  return compare(before, new Map([...state.identifiers].map(([key, { profileId }]) => [key, profileId])), names, rows.length <= EVIDENCE_MAX);
}

function groupByRow(rows: readonly EvidenceRow[]): EvidenceRow[][] {
  const groups: EvidenceRow[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.[0]?.row_id === row.row_id) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

function compare(
  before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string | null>, names: ReadonlyMap<string, IdentifierRef>, isComplete: boolean,
): IdentityPreview {
  const formerOf = new Map<string, Set<string>>();
  const laterOf = new Map<string, Set<string>>();
  const bridge = new Map<string, string>();
  for (const [key, former] of before) {
    const later = after.get(key) ?? `alone ${key}`;
    const formers = formerOf.get(later) ?? new Set();
    if (formers.size > 0 && !formers.has(former)) bridge.set(later, key);
    formerOf.set(later, formers.add(former));
    laterOf.set(former, (laterOf.get(former) ?? new Set()).add(later));
  }
  return {
    people_before: laterOf.size,
    people_after: formerOf.size,
    merges: [...formerOf].filter(([, formers]) => formers.size > 1).slice(0, EXAMPLES_MAX)
      .map(([later, formers]) => ({ profiles: [...formers], by: names.get(bridge.get(later) ?? "") ?? null })),
    splits: [...laterOf].filter(([, laters]) => laters.size > 1).slice(0, EXAMPLES_MAX).map(([profile, laters]) => ({ profile, into: laters.size })),
    examined: laterOf.size,
    complete: isComplete,
  };
}
