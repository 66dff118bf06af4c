// The one Postgres transaction of a batch: everything that was decided about its events, the finished blocks for
// ClickHouse, and the reader's new place by compare-and-set. After it nothing about these events is decided again.
import type { ClientBase, Pool, QueryConfig } from "pg";
import { answersOf, inTransaction } from "../engines/postgres/in-transaction.ts";
import { commitOffset, type ReaderClaim } from "../log/reader-offset.ts";
import type { Edge, IdentifierState } from "../identity/identity.ts";
import { arrayLiteral, joinJson, jsonTexts } from "./array-literal.ts";
import { writeOutbox, type OutboxBlock } from "./outbox/outbox-block.ts";
import type { MessageSighting, SeenMessages } from "./seen-messages.ts";
import { emptyDocument } from "../profiles/fold.ts";
import { splitTexts, type Person, type World } from "./world.ts";

export interface MergeLogEntry {
  readonly workspaceId: number;
  readonly rowId: number;
  readonly step: number;
  readonly kind: "merge" | "unmerge" | "refused" | "shared" | "link";
  readonly atMs: number;
  readonly survivor: string;
  readonly other: string | null;
  readonly reason: string;
  readonly identifierKey: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface QuarantineEntry {
  readonly workspaceId: number;
  readonly rowId: number;
  readonly sourceId: number;
  readonly receivedAtMs: number;
  readonly messageId: string;
  readonly event: string;
  readonly reason: string;
  readonly detail: string;
}

/** Counts by workspace, source, minute, outcome and reason. */
export interface LedgerCount {
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly minuteMs: number;
  readonly outcome: string;
  readonly reason: string;
  count: number;
}

export interface PathEntry {
  readonly workspaceId: number;
  readonly path: string;
  readonly rowId: number;
}

export interface Decisions {
  readonly sightings: readonly MessageSighting[];
  readonly mergeLog: readonly MergeLogEntry[];
  readonly quarantine: readonly QuarantineEntry[];
  readonly ledger: readonly LedgerCount[];
  readonly paths: readonly PathEntry[];
  readonly blocks: readonly OutboxBlock[];
}

/**
 * Commits a batch. `changes` are what `captureChanges` gave. Throws ReaderFenced when another process took over; then
 * nothing was written.
 */
export async function commitBatch(
  pool: Pool, claim: ReaderClaim, next: { nextOffset: number; nowMs: number; nextBlock: number }, changes: readonly QueryConfig[], seen: SeenMessages,
  decisions: Decisions, more?: (tx: ClientBase) => Promise<void>,
): Promise<ReaderClaim> {
  return inTransaction(pool, async (tx) => {
    // In one go: an answer waited for would wait in turn for this thread, which decides the next batch meanwhile.
    const [claimed] = await answersOf<[ReaderClaim, ...unknown[]]>([
      commitOffset(tx, claim, next),
      seen.write(tx, decisions.sightings),
      ...changes.map((change) => tx.query(change)),
      writeMergeLog(tx, decisions.mergeLog),
      writeQuarantine(tx, decisions.quarantine),
      writePaths(tx, decisions.paths),
      writeLedger(tx, "decided", decisions.ledger),
      writeOutbox(tx, decisions.blocks),
    ]);
    await more?.(tx);
    return claimed;
  });
}

/**
 * What the batch changed about people, identifiers and edges, as statements with their values. Everything is copied out
 * here, at once, so that the next batch may go on changing the same people while this one is being committed.
 */
export function captureChanges(world: World): QueryConfig[] {
  const { people, merged, identifiers, edges } = world.changes;
  const writes: QueryConfig[] = [];
  if (people.size > 0) writes.push(peopleWrite([...people]));
  if (merged.size > 0) writes.push(...mergedWrites(world));
  const [moved, whole] = partitionOf(identifiers, (state) => world.isOnlyOwnerKnown(state));
  if (moved.length > 0) writes.push(movedWrite(moved));
  if (whole.length > 0) writes.push(identifiersWrite(whole, world));
  if (edges.length > 0) writes.push(edgesWrite(edges));
  return writes;
}

function edgesWrite(edges: readonly Edge[]): QueryConfig {
  return {
    name: "world-edges",
    text: `insert into identity_edge (workspace_id, a, b, kind, row_id, at, source_id)
      select w, a, b, k, r, to_timestamp(t / 1000.0), s
      from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::float8[], $7::int[]) as e (w, a, b, k, r, t, s)
      on conflict do nothing`,
    values: [
      arrayLiteral(edges.map((edge) => edge.workspaceId)), arrayLiteral(edges.map((edge) => edge.a)), arrayLiteral(edges.map((edge) => edge.b)),
      arrayLiteral(edges.map((edge) => edge.kind)), arrayLiteral(edges.map((edge) => edge.rowId)), arrayLiteral(edges.map((edge) => edge.atMs)),
      arrayLiteral(edges.map((edge) => edge.sourceId)),
    ],
  };
}

/** The document as it is stored: identifiers, splits and links are kept by identity resolution and written from there. */
function storedDocument(person: Person): string {
  const { state } = person;
  const doc = state.suppressed ? emptyDocument() : person.doc;
  doc.identifiers = state.identifiers.map((identifier) => ({
    key: identifier.key, namespace: identifier.namespace, row: identifier.firstRow, source: identifier.sourceId,
    // Of a suppressed person only what recognises them is kept: salted keys, and what limits and lines of unmerges need.
    value: state.suppressed ? "" : identifier.value, firstAtMs: state.suppressed ? 0 : identifier.firstAtMs,
  }));
  doc.splits = state.splits;
  if (!state.suppressed) doc.links = state.links;
  return JSON.stringify(doc);
}

function peopleWrite(people: readonly Person[]): QueryConfig {
  return {
    name: "world-write-people",
    text: `insert into profile (id, workspace_id, first_row, updated_row, suppressed, ingest_ids, doc)
      select i, w, f, u, s, string_to_array(g, ',')::uuid[], d::json
      from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[], $5::bool[], string_to_array($6, ';'), ${jsonTexts("$7")}) as p (i, w, f, u, s, g, d)
      on conflict (id) do update set updated_row = excluded.updated_row, suppressed = excluded.suppressed, ingest_ids = excluded.ingest_ids,
        doc = excluded.doc, merged_into = null`,
    values: [
      arrayLiteral(people.map((person) => person.state.id)), arrayLiteral(people.map((person) => person.workspaceId)),
      arrayLiteral(people.map((person) => person.state.firstRow)), arrayLiteral(people.map((person) => person.updatedRow)),
      arrayLiteral(people.map((person) => person.state.suppressed)), people.map((person) => person.ingestIds.join(",")).join(";"),
      joinJson(people.map(storedDocument)),
    ],
  };
}

function mergedWrites(world: World): QueryConfig[] {
  const losers = [...world.changes.merged.keys()].map((id) => world.heldOrRemoved(id));
  const ids = losers.map((loser) => loser.state.id);
  const survivors = ids.map((id) => world.final(id).state.id);
  return [
    {
      // A loser that was made in this same batch has no row yet: it gets the same as one that had, so that its id answers with
      // the survivor and the row tells nothing of where batches ended.
      text: `insert into profile (id, workspace_id, first_row, updated_row, merged_into, ingest_ids, doc)
        select l, w, f, u, s, '{}', null from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[], $5::uuid[]) as m (l, w, f, u, s)
        on conflict (id) do update set updated_row = excluded.updated_row, merged_into = excluded.merged_into, ingest_ids = '{}', doc = null`,
      values: [
        ids,
        losers.map((loser) => loser.workspaceId),
        losers.map((loser) => loser.state.firstRow),
        losers.map((loser) => loser.updatedRow),
        survivors,
      ],
    },
    {
      text: `update profile set merged_into = m.s from unnest($1::uuid[], $2::uuid[]) as m (l, s) where profile.merged_into = m.l`,
      values: [ids, survivors],
    },
  ];
}

/** Identifiers that went over to another person with the rest of theirs; their rows were not read, and nothing else of them changed. */
function movedWrite(identifiers: readonly IdentifierState[]): QueryConfig {
  return {
    name: "world-move-identifiers",
    text: `update identifier set profile_id = m.p from unnest($1::uuid[], $2::uuid[]) as m (k, p) where key = m.k`,
    values: [arrayLiteral(identifiers.map((i) => i.key)), arrayLiteral(identifiers.map((i) => i.profileId))],
  };
}

function partitionOf<T>(items: Iterable<T>, isFirst: (item: T) => boolean): [first: T[], second: T[]] {
  const [first, second]: [T[], T[]] = [[], []];
  for (const item of items) (isFirst(item) ? first : second).push(item);
  return [first, second];
}

function identifiersWrite(identifiers: readonly IdentifierState[], world: World): QueryConfig {
  // Of a suppressed person only the salted key is kept.
  const valueOf = ({ profileId, value }: IdentifierState): string => (profileId && world.person(profileId)?.suppressed ? "" : value);
  return {
    name: "world-write-identifiers",
    text: `insert into identifier (key, workspace_id, namespace, value, profile_id, shared, yielded_to, splits, first_row, first_at, source_id)
      select k, w, n, v, p, s, string_to_array(y, ',')::uuid[], string_to_array(x, ','), f, to_timestamp(t / 1000.0), o
      from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::uuid[], $6::bool[], $7::text[], $8::text[], $9::bigint[], $10::float8[], $11::int[])
        as i (k, w, n, v, p, s, y, x, f, t, o)
      on conflict (key) do update set profile_id = excluded.profile_id, shared = excluded.shared, value = excluded.value,
        yielded_to = excluded.yielded_to, splits = excluded.splits`,
    values: [
      arrayLiteral(identifiers.map((i) => i.key)), arrayLiteral(identifiers.map((i) => i.workspaceId)), identifiers.map((i) => i.namespace),
      identifiers.map(valueOf), arrayLiteral(identifiers.map((i) => i.profileId)), arrayLiteral(identifiers.map((i) => i.shared)),
      identifiers.map((i) => i.yieldedTo.join(",")), identifiers.map((i) => splitTexts(i.splits).join(",")),
      arrayLiteral(identifiers.map((i) => i.firstRow)), arrayLiteral(identifiers.map((i) => i.firstAtMs)),
      arrayLiteral(identifiers.map((i) => i.sourceId)),
    ],
  };
}

async function writeMergeLog(tx: ClientBase, entries: readonly MergeLogEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `insert into merge_log (workspace_id, row_id, step, kind, at, survivor, other, reason, identifier_key, detail)
     select w, r, s, k, to_timestamp(t / 1000.0), a, b, e, i, d::json
     from unnest($1::int[], $2::bigint[], $3::int[], $4::text[], $5::float8[], $6::uuid[], $7::uuid[], $8::text[], $9::uuid[], $10::text[])
       as m (w, r, s, k, t, a, b, e, i, d)
     on conflict do nothing`,
    [
      entries.map((m) => m.workspaceId), entries.map((m) => m.rowId), entries.map((m) => m.step), entries.map((m) => m.kind), entries.map((m) => m.atMs),
      entries.map((m) => m.survivor), entries.map((m) => m.other), entries.map((m) => m.reason), entries.map((m) => m.identifierKey),
      entries.map((m) => JSON.stringify(m.detail)),
    ],
  );
}

async function writeQuarantine(tx: ClientBase, entries: readonly QuarantineEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `insert into quarantine (workspace_id, row_id, source_id, received_at, message_id, event, reason, detail)
     select w, r, s, to_timestamp(t / 1000.0), m, e, c, d
     from unnest($1::int[], $2::bigint[], $3::int[], $4::float8[], $5::text[], $6::text[], $7::text[], $8::text[]) as q (w, r, s, t, m, e, c, d)
     on conflict do nothing`,
    [
      entries.map((q) => q.workspaceId), entries.map((q) => q.rowId), entries.map((q) => q.sourceId), entries.map((q) => q.receivedAtMs),
      entries.map((q) => q.messageId), entries.map((q) => q.event), entries.map((q) => q.reason), entries.map((q) => q.detail),
    ],
  );
}

async function writePaths(tx: ClientBase, paths: readonly PathEntry[]): Promise<void> {
  if (paths.length === 0) return;
  await tx.query(
    `insert into property_path (workspace_id, path, row_id) select * from unnest($1::int[], $2::text[], $3::bigint[]) on conflict do nothing`,
    [paths.map((p) => p.workspaceId), paths.map((p) => p.path), paths.map((p) => p.rowId)],
  );
}

/** Adds to the ledger; the rows are ordered by key, so that two writers never wait for each other in a circle. */
export async function writeLedger(tx: ClientBase, hop: "decided" | "landed" | "expired", counts: readonly LedgerCount[]): Promise<void> {
  if (counts.length === 0) return;
  await tx.query({
    name: "ledger-write",
    text: `insert into ledger (workspace_id, source_id, minute, hop, outcome, reason, count)
      select w, s, to_timestamp(m / 1000.0), $1, o, r, sum(c)
      from unnest($2::int[], $3::int[], $4::float8[], $5::text[], $6::text[], $7::bigint[]) as l (w, s, m, o, r, c)
      group by w, s, m, o, r order by w, m, s, o, r
      on conflict (workspace_id, minute, source_id, hop, outcome, reason) do update set count = ledger.count + excluded.count`,
    values: [
      hop, counts.map((c) => c.workspaceId), counts.map((c) => c.sourceId), counts.map((c) => c.minuteMs), counts.map((c) => c.outcome),
      counts.map((c) => c.reason), counts.map((c) => c.count),
    ],
  });
}
