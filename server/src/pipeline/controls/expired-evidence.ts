// What people hold by events that the workspace no longer keeps. When people are made anew from their events, nothing speaks
// for it any more; it is carried over instead, so that taking one thing back does not take away what was told long ago.
// Which of two people apart a trait belonged to can't be told then: it goes to whoever answers for the former id.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ClientBase } from "pg";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import { hash128 } from "../../core/hash.ts";
import type { IdentifierState } from "../../identity/identity.ts";
import { emptyDocument, mergeDocuments, type FoldRules } from "../../profiles/fold.ts";
import type { Person, World } from "../world.ts";

/** Whether events of this workspace have ever been removed because their time was up. */
export async function hasExpiredEvents(db: ClientBase, workspaceId: number): Promise<boolean> {
  const { rows } = await db.query<{ has: boolean }>(`select exists (select from expired_events where workspace_id = $1) as has`, [workspaceId]);
  return rows[0]?.has ?? false;
}

export interface CarryOver {
  readonly clickhouse: ClickHouseClient;
  readonly workspaceId: number;
  /** Names the people that have to be made for identifiers of which nobody is left. */
  readonly beforeRow: number;
  readonly former: readonly Person[];
  /** People as made anew. */
  readonly world: World;
  /** All identifiers of `former`, as they are now. */
  readonly identifiers: readonly IdentifierState[];
  /** Positions of the events that they were made from. */
  readonly replayed: ReadonlySet<number>;
  readonly rules: FoldRules;
  /** Who has now what a former person had. */
  readonly heirOf: (id: string) => Person | undefined;
}

/** Changes `world`: nobody whom, and nothing that, only expired events spoke of is lost. */
export async function carryOverExpired(work: CarryOver): Promise<void> {
  const isOrphan = (identifier: IdentifierState): boolean => identifier.profileId === null && !identifier.shared;
  const wanted = new Set([
    ...work.identifiers.filter(isOrphan).map(({ firstRow }) => firstRow), ...work.former.flatMap(({ doc }) => entriesOf(doc).map(({ row }) => row)),
  ]);
  const gone = await goneRows(work, [...wanted].filter((row) => !work.replayed.has(row)));
  if (gone.size === 0) return;
  const states = new Map(work.identifiers.map((identifier) => [identifier.key, identifier]));
  for (const person of work.former) {
    const mine = person.state.identifiers.flatMap(({ key }) => states.get(key) ?? []);
    for (const identifier of mine) if (isOrphan(identifier) && gone.has(identifier.firstRow)) keepIdentifier(work, person, mine, identifier);
    const heir = work.world.person(person.state.id) ? work.world.held(person.state.id) : work.heirOf(person.state.id);
    if (!heir) continue;
    // Which events made a human of them isn't told.
    const carried = { ...onlyRows(person.doc, gone), isHuman: person.doc.isHuman ?? true };
    mergeDocuments(heir.doc, carried, work.rules);
    work.world.touch(heir, heir.updatedRow, true);
  }
}

function entriesOf({ traits, consents, accounts, timezone }: ProfileDocument): { readonly row: number }[] {
  return [...Object.values(traits), ...Object.values(consents), ...Object.values(accounts), ...(timezone ? [timezone] : [])];
}

/** Of these positions, those at which the event table has nothing. */
async function goneRows({ clickhouse, workspaceId }: CarryOver, rows: readonly number[]): Promise<Set<number>> {
  if (rows.length === 0) return new Set();
  const result = await clickhouse.query({
    query: `select toString(row_id) as row from events where workspace_id = {workspace:UInt32} and row_id in {rows:Array(UInt64)}`,
    query_params: { workspace: workspaceId, rows }, format: "JSONEachRow",
  });
  const found = new Set((await result.json<{ row: string }>()).map(({ row }) => Number(row)));
  return new Set(rows.filter((row) => !found.has(row)));
}

/** It stays with those of its person's other identifiers that are on its side of all lines; with nobody left it is a person of its own. */
function keepIdentifier(work: CarryOver, person: Person, mine: readonly IdentifierState[], identifier: IdentifierState): void {
  const { world } = work;
  const owners = mine.flatMap(({ profileId }) => (profileId === null ? [] : [world.held(profileId)]));
  const isOnItsSide = ({ state }: Person): boolean => Object.entries(identifier.splits).every(([split, side]) => (state.splits[split] ?? side) === side);
  const [oldest] = owners.filter(isOnItsSide).toSorted((a, b) => a.state.firstRow - b.state.firstRow);
  const owner = oldest ?? newPerson(work, person, identifier);
  identifier.profileId = owner.state.id;
  owner.state.identifiers.push(identifier);
  Object.assign(owner.state.splits, identifier.splits);
  world.touch(owner, owner.updatedRow, true);
}

function newPerson({ world, workspaceId, beforeRow }: CarryOver, former: Person, { key, firstRow }: IdentifierState): Person {
  const id = world.person(former.state.id) ? hash128("carried over", workspaceId, beforeRow, key) : former.state.id;
  world.addPerson({ workspaceId, id, firstRow, identifiers: [], splits: {}, suppressed: false, links: [] });
  return world.held(id);
}

function onlyRows(doc: ProfileDocument, rows: ReadonlySet<number>): ProfileDocument {
  const only = <T extends { readonly row: number }>(all: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([, { row }]) => rows.has(row)));
  const { timezone } = doc;
  return {
    ...emptyDocument(), traits: only(doc.traits), consents: only(doc.consents), accounts: only(doc.accounts),
    ...(timezone && rows.has(timezone.row) ? { timezone } : {}),
  };
}
