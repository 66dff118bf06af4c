// The people and identifiers that a sequencer works on, held in memory over the rows in Postgres. One sequencer owns a
// workspace's rows (the log reader's epoch fences all others), so what was read once stays true until the sequencer itself
// changes it: the cache is never stale, only bounded. After a failed commit it is thrown away whole.
import type { ClientBase } from "pg";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import type { Edge, IdentifierState, IdentityState, PersonState } from "../identity/identity.ts";
import { arrayLiteral } from "./array-literal.ts";
import { assert } from "../core/errors.ts";
import { emptyDocument } from "../profiles/fold.ts";

export interface Person {
  readonly state: PersonState;
  readonly workspaceId: number;
  doc: ProfileDocument;
  /** Ids under which its events may stand in ClickHouse. */
  ingestIds: string[];
  /** Ids that answer with this person: all that were merged into it. */
  mergedIds: string[];
  updatedRow: number;
}

interface HeldIdentifier {
  readonly state: IdentifierState;
  /** False when known only from its person's document: then `yieldedTo`, `shared` and `splits` were not read. */
  isWhole: boolean;
  isNew: boolean;
}

/** What a batch changed, for the commit. */
export interface Changes {
  readonly people: Set<Person>;
  /** Merged away: loser id → survivor id. */
  readonly merged: Map<string, string>;
  readonly identifiers: Set<IdentifierState>;
  readonly edges: Edge[];
  /** People whose snapshot in ClickHouse is out of date. */
  readonly snapshots: Set<Person>;
}

export interface World extends IdentityState {
  readonly changes: Changes;
  /** Reads what is not yet held of identifiers that stand together in events, their people and edges. What the resolver asks for must be loaded. */
  load(db: ClientBase, together: readonly (readonly { readonly key: string }[])[]): Promise<void>;
  loadPeople(db: ClientBase, ids: Iterable<string>): Promise<void>;
  person(id: string): PersonState | undefined;
  held(id: string): Person;
  hasPerson(id: string): boolean;
  /** The person that an id stands for after this batch's merges so far. */
  final(id: string): Person;
  /** A person of this batch, also one that a merge took out: its document is still to be folded into the survivor's. */
  heldOrRemoved(id: string): Person;
  /** Takes over a person that was made anew elsewhere, to be written. */
  take(person: Person): void;
  /** Whether of this identifier nothing but its person is known, so that nothing else of its row may be written. */
  isOnlyOwnerKnown(state: IdentifierState): boolean;
  /** Puts in an identifier that a replay starts with. */
  seed(state: IdentifierState): void;
  /** Marks a person for the commit; `isVisible`: its snapshot in ClickHouse is out of date too. */
  touch(person: Person, rowId: number, isVisible: boolean): void;
  /** Once a batch's changes were captured: begins a new batch, forgets what is beyond the bound. Until `committed` has come to its end, what that batch changed is kept: Postgres has it as it was. */
  settle(committed?: Promise<unknown>): void;
  /** Whether it holds so much besides people that it should be reset when nothing is being committed. */
  isOverfull(): boolean;
  /** After a failed commit: forgets everything. */
  reset(): void;
}

export function createWorld(bounds: { readonly peopleMax: number; readonly edgesMax: number }): World {
  const people = new Map<string, Person>();
  const identifiers = new Map<string, HeldIdentifier>();
  const removed = new Map<string, Person>();
  // Keys that Postgres was asked for and does not have; only within a batch.
  const absent = new Set<string>();
  // '<kind><a><b>' of edges that are stored or about to be; bounded, so it saves writes and need not be complete.
  const knownEdges = new Set<string>();
  /** People and edges of batches that are being committed. */
  const committing = new Set<{ readonly people: ReadonlySet<string>; readonly edges: readonly Edge[] }>();
  let changes = newChanges();

  function hold(id: string): Person {
    const person = people.get(id);
    assert(person, "a person is loaded before it is used");
    return person;
  }

  function holdIdentifier(row: IdentifierRow): void {
    const known = identifiers.get(row.key);
    const splits = splitsOf(row.splits);
    if (known) {
      known.state.shared = row.shared;
      known.state.yieldedTo = row.yielded_to;
      Object.assign(known.state.splits, splits);
      known.isWhole = true;
      return;
    }
    const state: IdentifierState = {
      key: row.key, workspaceId: row.workspace_id, namespace: row.namespace, value: row.value, profileId: row.profile_id, shared: row.shared, yieldedTo: row.yielded_to, splits,
      firstRow: Number(row.first_row), firstAtMs: row.first_at.getTime(), sourceId: row.source_id,
    };
    identifiers.set(row.key, { state, isWhole: true, isNew: false });
  }

  function holdPerson(row: ProfileRow): void {
    const doc = row.doc ?? emptyDocument();
    const state: PersonState = {
      workspaceId: row.workspace_id, id: row.id, firstRow: Number(row.first_row), suppressed: row.suppressed, splits: doc.splits, links: doc.links,
      identifiers: doc.identifiers.map((entry) => {
        const known = identifiers.get(entry.key);
        if (known) return known.state;
        const state: IdentifierState = {
          key: entry.key, workspaceId: row.workspace_id, namespace: entry.namespace, value: entry.value, profileId: row.id, shared: false, yieldedTo: [], splits: {},
          firstRow: entry.row, firstAtMs: entry.firstAtMs, sourceId: entry.source,
        };
        identifiers.set(entry.key, { state, isWhole: false, isNew: false });
        return state;
      }),
    };
    people.set(row.id, {
      state, doc, workspaceId: row.workspace_id, ingestIds: row.ingest_ids, mergedIds: row.merged_ids, updatedRow: Number(row.updated_row),
    });
  }

  async function loadPeople(db: ClientBase, ids: Iterable<string>): Promise<void> {
    const wanted = [...new Set(ids)].filter((id) => !touchRecency(people, id));
    if (wanted.length === 0) return;
    const { rows } = await db.query<ProfileRow>({
      name: "world-people",
      text: `select id, workspace_id, first_row, updated_row, suppressed, ingest_ids, doc,
          array(select m.id from profile m where m.merged_into = p.id) as merged_ids
        from profile p where id = any($1::uuid[]) and merged_into is null`,
      values: [arrayLiteral(wanted)],
    });
    for (const row of rows) holdPerson(row);
  }

  /** Reads the edges between identifiers that stand together and are not one person's already: they may be claimed, or refused. */
  async function loadEdges(db: ClientBase, together: readonly (readonly { readonly key: string }[])[]): Promise<void> {
    const wanted = new Set<string>();
    for (const list of together) {
      if (list.length < 2 || isOnePerson(list)) continue;
      for (let i = 1; i < list.length; i++) for (let j = 0; j < i; j++) wantEdge(wanted, list[i]?.key ?? "", list[j]?.key ?? "");
    }
    if (wanted.size === 0) return;
    const pairs = [...wanted];
    const { rows } = await db.query<{ a: string; b: string; kind: string }>({
      name: "world-edges-read",
      text: `select e.a, e.b, e.kind from unnest($1::uuid[], $2::uuid[]) as p (a, b) join identity_edge e on e.a = p.a and e.b = p.b`,
      values: [pairs.map((pair) => pair.slice(0, 36)), pairs.map((pair) => pair.slice(36))],
    });
    for (const row of rows) knownEdges.add(`${row.kind}${row.a}${row.b}`);
  }

  function isOnePerson(list: readonly { readonly key: string }[]): boolean {
    const owner = identifiers.get(list[0]?.key ?? "")?.state.profileId;
    return !!owner && list.every(({ key }) => identifiers.get(key)?.state.profileId === owner);
  }

  function wantEdge(wanted: Set<string>, one: string, other: string): void {
    // Neither was ever seen. (One alone may be: what is only claimed has edges, and is nobody's identifier.)
    if (absent.has(one) && absent.has(other)) return;
    const pair = pairKey(one, other);
    if (!knownEdges.has(`seen${pair}`)) wanted.add(pair);
  }

  return {
    get changes() {
      return changes;
    },
    async load(db, together) {
      const wanted = new Set<string>();
      for (const list of together) for (const { key } of list) if (!identifiers.get(key)?.isWhole && !absent.has(key)) wanted.add(key);
      if (wanted.size > 0) {
        const { rows } = await db.query<IdentifierRow>({
          name: "world-identifiers",
          text: `select key, workspace_id, namespace, value, profile_id, shared, yielded_to, splits, first_row, first_at, source_id from identifier where key = any($1::uuid[])`,
          values: [arrayLiteral([...wanted])],
        });
        for (const row of rows) holdIdentifier(row);
        for (const key of wanted) if (!identifiers.has(key)) absent.add(key);
      }
      const ids = new Set<string>();
      for (const list of together) {
        for (const { key } of list) {
          const profileId = identifiers.get(key)?.state.profileId;
          if (profileId) ids.add(profileId);
        }
      }
      await loadPeople(db, ids);
      await loadEdges(db, together);
    },
    loadPeople,
    identifier(key) {
      const held = identifiers.get(key);
      assert(held?.isWhole || absent.has(key) || held?.isNew, "an identifier is loaded before it is asked for");
      return held?.state;
    },
    person: (id) => people.get(id)?.state,
    held: hold,
    hasPerson: (id) => people.has(id),
    final(id) {
      let current = id;
      for (let next = changes.merged.get(current); next !== undefined; next = changes.merged.get(current)) current = next;
      return hold(current);
    },
    addIdentifier(state) {
      identifiers.set(state.key, { state, isWhole: true, isNew: true });
      changes.identifiers.add(state);
    },
    addPerson(state) {
      assert(!people.has(state.id), "a new person has a new id");
      people.set(state.id, { state, workspaceId: state.workspaceId, doc: emptyDocument(), ingestIds: [state.id], mergedIds: [], updatedRow: state.firstRow });
    },
    removePerson(id) {
      const person = hold(id);
      people.delete(id);
      removed.set(id, person);
      changes.people.delete(person);
      changes.snapshots.delete(person);
    },
    isOnlyClaimed: (a, b) => knownEdges.has(`claimed${a}${b}`) && !knownEdges.has(`seen${a}${b}`),
    addEdge(edge) {
      const key = `${edge.kind}${edge.a}${edge.b}`;
      if (knownEdges.has(key)) return false;
      knownEdges.add(key);
      changes.edges.push(edge);
      return true;
    },
    heldOrRemoved(id) {
      const person = people.get(id) ?? removed.get(id);
      assert(person, "a person that a merge names is held, or was until this batch");
      return person;
    },
    take(person) {
      people.set(person.state.id, person);
      changes.people.add(person);
      changes.snapshots.add(person);
    },
    isOnlyOwnerKnown(state) {
      const held = identifiers.get(state.key);
      return held?.state === state && !held.isWhole && !held.isNew;
    },
    seed: (state) => void identifiers.set(state.key, { state, isWhole: true, isNew: false }),
    touch(person, rowId, isVisible) {
      person.updatedRow = rowId;
      // One that was merged away meanwhile is written as merged, not as a person.
      if (people.get(person.state.id) !== person) return;
      changes.people.add(person);
      if (isVisible) changes.snapshots.add(person);
    },
    settle(committed = Promise.resolve()) {
      const changed = new Set([...changes.people].map(({ state }) => state.id));
      for (const state of changes.identifiers) {
        const held = identifiers.get(state.key);
        if (held) held.isNew = false;
        if (state.profileId) changed.add(state.profileId);
      }
      const one = { people: changed, edges: changes.edges };
      committing.add(one);
      const end = (): unknown => committing.delete(one);
      committed.then(end, end);
      changes = newChanges();
      removed.clear();
      absent.clear();
      if (knownEdges.size > bounds.edgesMax) {
        knownEdges.clear();
        for (const { edges } of committing) for (const edge of edges) knownEdges.add(`${edge.kind}${edge.a}${edge.b}`);
      }
      evict(people, identifiers, bounds.peopleMax, (id) => committing.values().some((batch) => batch.people.has(id)));
    },
    // Identifiers without a held person (shared ones) are not evicted with anybody.
    isOverfull: () => identifiers.size > bounds.peopleMax * 50 + 100_000,
    reset() {
      people.clear();
      identifiers.clear();
      removed.clear();
      absent.clear();
      knownEdges.clear();
      changes = newChanges();
    },
  };
}

function newChanges(): Changes {
  return { people: new Set(), merged: new Map(), identifiers: new Set(), edges: [], snapshots: new Set() };
}

/** Moves an entry to the young end of the map, so that eviction takes the longest unused. Returns whether it is there. */
function touchRecency<T>(map: Map<string, T>, key: string): boolean {
  const value = map.get(key);
  if (value === undefined) return false;
  map.delete(key);
  map.set(key, value);
  return true;
}

function evict(people: Map<string, Person>, identifiers: Map<string, HeldIdentifier>, peopleMax: number, isKept: (id: string) => boolean): void {
  for (const [id, person] of people) {
    if (people.size <= peopleMax) break;
    if (isKept(id)) continue;
    people.delete(id);
    for (const identifier of person.state.identifiers) identifiers.delete(identifier.key);
  }
}

function pairKey(a: string, b: string): string {
  return a < b ? `${a}${b}` : `${b}${a}`;
}

/** '<split>:<side>' texts to a record. */
export function splitsOf(texts: readonly string[]): Record<string, number> {
  const splits: Record<string, number> = {};
  for (const text of texts) {
    const colon = text.indexOf(":");
    splits[text.slice(0, colon)] = Number(text.slice(colon + 1));
  }
  return splits;
}

export function splitTexts(splits: Readonly<Record<string, number>>): string[] {
  return Object.entries(splits).map(([split, side]) => `${split}:${side}`);
}

interface IdentifierRow {
  key: string;
  workspace_id: number;
  namespace: string;
  value: string;
  profile_id: string | null;
  shared: boolean;
  yielded_to: string[];
  splits: string[];
  first_row: string;
  first_at: Date;
  source_id: number;
}

interface ProfileRow {
  id: string;
  workspace_id: number;
  first_row: string;
  updated_row: string;
  suppressed: boolean;
  ingest_ids: string[];
  merged_ids: string[];
  doc: ProfileDocument | null;
}
