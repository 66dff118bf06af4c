// Splits a person in two: the chosen identifiers on one side, the rest on the other. Both sides are made anew from their
// own events, as if they had never been joined; a line between them keeps the same events from joining them again.
import type { ClientBase } from "pg";
import type { IdentifierRef } from "@tributary/schema/control.ts";
import type { MergeLogEntry } from "../commit.ts";
import { hasExpiredEvents } from "./expired-evidence.ts";
import type { ControlWork } from "./handle-control.ts";
import { livePersonOf } from "./live-person.ts";
import { landedInOrder } from "./landed-in-order.ts";
import { componentOf, refold, type Component, type Refolded } from "./refold.ts";

/** Side of the chosen identifiers and of all others. */
const CHOSEN = 1;
const OTHERS = 0;

export async function unmerge(work: ControlWork, action: { readonly profileId: string; readonly identifiers: readonly IdentifierRef[] }): Promise<void> {
  const id = await livePersonOf(work, action.profileId);
  if (id === undefined) return;
  // What came before must be in ClickHouse: the sides are folded from there.
  await landedInOrder(work.sender);
  work.profileId = id;
  const component = await componentOf(work.db, work.world, [id]);
  const lines = drawLine(work.world.held(id).state.identifiers, action.identifiers, work.rowId);
  if (lines === undefined) return;
  const { workspaceId } = work.header;
  const hasExpired = await hasExpiredEvents(work.db, workspaceId);
  const result = await refold(work.clickhouse, work.rules, { workspaceId, component, beforeRow: work.rowId, splits: lines, hasExpired }, work.secret);
  applyRefold(work, component, result);
  work.writes.push((tx) => writeLines(tx, work, lines));
  result.people.filter(({ state }) => state.id !== id).forEach((person, step) => {
    work.mergeLog.push(logEntry(work, { step, survivor: id, other: person.state.id, identifierKey: person.state.identifiers[0]?.key ?? null }));
  });
}

/** The sides as splits of each identifier; undefined when one side would be empty. */
export function drawLine(
  identifiers: readonly { readonly key: string; readonly namespace: string; readonly value: string }[], chosen: readonly IdentifierRef[], splitId: number,
): ReadonlyMap<string, Readonly<Record<string, number>>> | undefined {
  const lines = new Map<string, Record<string, number>>();
  let chosenCount = 0;
  for (const { key, namespace, value } of identifiers) {
    const isChosen = chosen.some((ref) => ref.namespace === namespace && ref.value === value);
    if (isChosen) chosenCount++;
    lines.set(key, { [String(splitId)]: isChosen ? CHOSEN : OTHERS });
  }
  return chosenCount === 0 || chosenCount === identifiers.length ? undefined : lines;
}

async function writeLines(tx: ClientBase, work: ControlWork, lines: ReadonlyMap<string, Readonly<Record<string, number>>>): Promise<void> {
  await tx.query(
    `insert into cannot_link (workspace_id, split_id, identifier_key, side) select $1, $2, k, s from unnest($3::uuid[], $4::int[]) as l (k, s)
     on conflict do nothing`,
    [work.header.workspaceId, work.rowId, [...lines.keys()], [...lines.values()].map((line) => line[String(work.rowId)] ?? 0)],
  );
}

function logEntry(work: ControlWork, entry: Pick<MergeLogEntry, "step" | "survivor" | "other" | "identifierKey">): MergeLogEntry {
  return {
    workspaceId: work.header.workspaceId, rowId: work.rowId, kind: "unmerge", atMs: work.header.receivedAtMs, reason: "by_hand",
    detail: { actor: work.header.actor }, ...entry,
  };
}

/** Puts people made anew in the place of the old ones: in memory, in Postgres, and for the rows in ClickHouse. */
export function applyRefold(work: ControlWork, component: Component, result: Refolded): void {
  const { workspaceId } = work.header;
  for (const person of component.people) {
    work.world.changes.people.delete(person);
    work.world.changes.snapshots.delete(person);
  }
  for (const person of result.people) person.updatedRow = work.rowId;
  for (const person of result.people) work.world.take(person);
  for (const identifier of result.world.changes.identifiers) work.world.changes.identifiers.add(identifier);
  for (const [former, answer] of result.answers) {
    if (answer === undefined) {
      work.builder.addDeletedPerson(workspaceId, former, work.rowId, work.nowMs);
      continue;
    }
    work.builder.addOverride(workspaceId, former, answer, work.rowId);
    if (former !== answer) work.builder.addDeletedPerson(workspaceId, former, work.rowId, work.nowMs);
  }
  work.writes.push((tx) => writeAnswers(tx, work, component, result));
  for (const [profileId, rows] of result.reassigned) for (const row of rows) work.reassigned.set(row, profileId);
}

/** Rows per statement: each names its row and its person, and a statement's text is bounded. */
const ROWS_PER_STATEMENT = 3_000;

/** Gives events in ClickHouse to the people whose they are now, of all people of the control record together. */
export function addReassignments(work: ControlWork): void {
  const all = [...work.reassigned];
  for (let i = 0; i < all.length; i += ROWS_PER_STATEMENT) {
    const some = all.slice(i, i + ROWS_PER_STATEMENT);
    const rows = some.map(([row]) => row).join(",");
    const people = some.map(([, profileId]) => `toUUID('${profileId}')`).join(",");
    work.builder.addStatement(
      "events",
      `ALTER TABLE events UPDATE profile_id = arrayElement([${people}], indexOf([${rows}], row_id)) WHERE workspace_id = ${work.header.workspaceId} AND row_id IN (${rows})`,
    );
  }
}

async function writeAnswers(tx: ClientBase, work: ControlWork, component: Component, result: Refolded): Promise<void> {
  const live = new Set(result.people.map(({ state }) => state.id));
  const merged = [...result.answers].filter(([former, answer]) => answer !== undefined && !live.has(former));
  await tx.query(
    `update profile set merged_into = a.s, doc = null, ingest_ids = '{}' from unnest($1::uuid[], $2::uuid[]) as a (f, s) where profile.id = a.f`,
    [merged.map(([former]) => former), merged.map(([, answer]) => answer)],
  );
  const gone = [...result.answers].filter(([, answer]) => answer === undefined).map(([former]) => former);
  await tx.query(`delete from profile where id = any($1::uuid[])`, [gone]);
  await tx.query(`delete from identifier where key = any($1::uuid[])`, [result.orphaned.map(({ key }) => key)]);
  await tx.query(`delete from ingest_share where profile_id = any($1::uuid[])`, [[...result.answers.keys()]]);
  const shares = component.ingestIds.flatMap((ingestId) => {
    const owners = result.people.filter((person) => person.ingestIds.includes(ingestId));
    return owners.map((owner) => ({ ingestId, profileId: owner.state.id, isShared: owners.length > 1 }));
  });
  // Shared among those made anew, or with somebody who stayed out of it (a suppressed person).
  await tx.query(
    `insert into ingest_share (workspace_id, ingest_id, profile_id)
     select $1, i, p from unnest($2::uuid[], $3::uuid[], $4::bool[]) as n (i, p, shared)
     where shared or exists (select from ingest_share s where s.ingest_id = i) on conflict do nothing`,
    [work.header.workspaceId, shares.map((one) => one.ingestId), shares.map((one) => one.profileId), shares.map((one) => one.isShared)],
  );
}
