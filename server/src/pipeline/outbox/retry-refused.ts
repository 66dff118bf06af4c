// Sends again what ClickHouse had refused, once a person has put the cause right. A row is inserted once, however often this is
// asked or broken off: the entry is locked, and (block_id, block_row) tells whether it is there. A statement is followed by all
// later ones of its partition, so that the rows end as if each had run in its place.
import { randomUUID } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import type { ClientBase, Pool } from "pg";
import { AppError } from "../../core/errors.ts";
import { hash64Of } from "../../core/hash.ts";
import { insertBlock, isTransient, killFailedMutations, landedRows, runStatement, waitUntilIdle } from "../../engines/clickhouse/insert-block.ts";
import { RowBinaryWriter } from "../../engines/clickhouse/row-binary.ts";
import { inTransaction } from "../../engines/postgres/in-transaction.ts";
import { refusalOf } from "./refusal-cause.ts";
import { countAsFailed, countAsLanded, setAsideOf } from "./refused.ts";
import { readRow, withColumns, type ReadRow } from "./row-reader.ts";
import { takeTurn } from "./statement-turn.ts";

export interface RefusedDeps {
  readonly pool: Pool;
  /** Of the use "write". */
  readonly clickhouse: ClickHouseClient;
}

export interface RefusedPlace {
  readonly workspaceId: number;
  readonly blockId: number;
  readonly blockRow: number;
}

/** `open`: refused again. */
export type RefusedStatus = "open" | "landed" | "discarded";

interface Entry extends RefusedPlace {
  readonly kind: "row" | "statement";
  readonly status: RefusedStatus;
  readonly partition: number;
  readonly table: string;
  readonly statement: string;
  readonly body: Buffer;
}

/** How long an insert of an earlier, abandoned attempt is waited for. */
const IDLE_TIMEOUT_MS = 20_000;

/** What became of it; undefined when the workspace has no such entry. Throws AppError `conflict` when ClickHouse gave no clear answer. */
export async function retryRefused(deps: RefusedDeps, place: RefusedPlace): Promise<RefusedStatus | undefined> {
  return inTransaction(deps.pool, async (tx) => {
    const entry = await lockEntry(tx, place);
    if (entry?.status !== "open") return entry?.status;
    await takeTurn(tx, entry.partition);
    try {
      if (entry.kind === "statement") return await repeatFrom(deps, tx, entry);
      return (await sendRows(deps, tx, [entry]))[0];
    } catch (error) {
      if (isTransient(error)) throw unclear(error);
      await noteRefusal(tx, entry, error);
      return "open";
    }
  });
}

/** The same for several; their rows are inserted together where ClickHouse takes them, so that they make few parts. */
export async function retryManyRefused(deps: RefusedDeps, places: readonly RefusedPlace[]): Promise<(RefusedStatus | undefined)[]> {
  const together = await retryTogether(deps, places);
  const results: (RefusedStatus | undefined)[] = [];
  for (const [index, place] of places.entries()) results.push(together?.[index] ?? (await retryRefused(deps, place)));
  return results;
}

/** Statuses of those that are rows of one INSERT with the first; undefined when ClickHouse refuses any of them. */
async function retryTogether(deps: RefusedDeps, places: readonly RefusedPlace[]): Promise<(RefusedStatus | undefined)[] | undefined> {
  return inTransaction(deps.pool, async (tx) => {
    const found: (Entry | undefined)[] = [];
    for (const place of places) found.push(await lockEntry(tx, place));
    const first = found.find((entry) => entry?.kind === "row" && entry.status === "open");
    if (!first) return undefined;
    await takeTurn(tx, first.partition);
    const isLike = (entry: Entry | undefined): entry is Entry => entry?.status === "open" && entry.partition === first.partition && entry.statement === first.statement;
    const alike = found.filter(isLike);
    const statuses = await sendRows(deps, tx, alike).catch((error: unknown) => {
      if (isTransient(error)) throw unclear(error);
      return undefined;
    });
    return statuses && found.map((entry) => (isLike(entry) ? statuses[alike.indexOf(entry)] : undefined));
  });
}

/** Locked, so that two requests at once do not both send it. */
async function lockEntry(tx: ClientBase, place: RefusedPlace): Promise<Entry | undefined> {
  const { rows } = await tx.query<Omit<Entry, keyof RefusedPlace>>(
    `select kind, status, partition, table_name as table, statement, body from ch_refused
     where block_id = $2 and block_row = $3 and (workspace_id = $1 or (workspace_id = 0 and kind = 'statement')) for update`,
    [place.workspaceId, place.blockId, place.blockRow],
  );
  return rows[0] && { ...rows[0], ...place };
}

function unclear(error: unknown): AppError {
  return new AppError("conflict", {
    detail: "ClickHouse gave no clear answer.", hint: "Ask again in a moment; nothing is doubled by it.", retryAfterSeconds: 5, cause: error,
  });
}

async function noteRefusal(tx: ClientBase, { kind, blockId, blockRow }: Entry, error: unknown): Promise<void> {
  const { code, cause, detail, message } = refusalOf(error, kind);
  // The cause stays that under which the ledger counts it.
  await tx.query(
    `update ch_refused set code = $3, detail = $4, reason = $5, cause = case when is_counted then cause else $6 end
     where block_id = $1 and block_row = $2`, [blockId, blockRow, code, detail, message, cause],
  );
}

async function landedNow(tx: ClientBase, { blockId, blockRow }: RefusedPlace): Promise<"landed"> {
  await countAsLanded(tx, blockId, blockRow);
  // Its bytes stay a while, as those of blocks do (`forgetSent`).
  await tx.query(`update ch_refused set status = 'landed', resolved_at = now() where block_id = $1 and block_row = $2`, [blockId, blockRow]);
  return "landed";
}

// ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Rows of one table and shape, in one INSERT. What landed is told by the table, whatever became of earlier attempts. */
async function sendRows({ clickhouse }: RefusedDeps, tx: ClientBase, entries: readonly Entry[]): Promise<RefusedStatus[]> {
  const [first] = entries;
  if (!first) return [];
  const queryIds = `outbox-${first.partition}-again-`;
  if (!(await waitUntilIdle(clickhouse, queryIds, IDLE_TIMEOUT_MS))) throw new Error("An earlier attempt is still running.");
  const landed = await landedPlaces(clickhouse, first.table, entries);
  const bodies: Buffer[] = [];
  const overtaken = new Set<Entry>();
  for (const entry of entries) {
    if (landed.has(nameOf(entry))) continue;
    const body = await asOfNow(tx, entry);
    if (body === undefined) overtaken.add(entry);
    else bodies.push(body);
  }
  if (bodies.length > 0) await insertBlock(clickhouse, { statement: first.statement, body: Buffer.concat(bodies), queryId: `${queryIds}${randomUUID()}` });
  const statuses: RefusedStatus[] = [];
  for (const entry of entries) statuses.push(overtaken.has(entry) ? await discardEntry(tx, entry) : await landedNow(tx, entry));
  return statuses;
}

function nameOf({ blockId, blockRow }: RefusedPlace): string {
  return `${blockId}-${blockRow}`;
}

async function landedPlaces(clickhouse: ClickHouseClient, table: string, places: readonly RefusedPlace[]): Promise<ReadonlySet<string>> {
  const landed = new Set<string>();
  for (const blockId of new Set(places.map((place) => place.blockId))) {
    for (const blockRow of await landedRows(clickhouse, table, blockId)) landed.add(`${blockId}-${blockRow}`);
  }
  return landed;
}

/**
 * The row as it would stand in the table by now: statements have changed others since. Undefined: others came after it and
 * said otherwise, so it is not to be inserted any more.
 */
async function asOfNow(tx: ClientBase, { workspaceId, statement, body }: Entry): Promise<Buffer | undefined> {
  const row = readRow(statement, body);
  if (row?.table === "profile_override") return (await isOverrideTrue(tx, row)) ? body : undefined;
  if (row?.table !== "events") return body;
  const changes: Record<string, Buffer> = { profile_id: uuidBytes(await ownerNow(tx, workspaceId, row)) };
  if (await isWithdrawn(tx, workspaceId, row)) {
    changes["outcome"] = textBytes("withdrawn");
    changes["reason"] = textBytes("import_withdrawn");
  }
  return withColumns(row, body, changes);
}

/** The newest override wins by its row_id, but only while it is there: an old one must not come back after that was folded in. */
async function isOverrideTrue(tx: ClientBase, { values }: ReadRow): Promise<boolean> {
  const { rows } = await tx.query<{ id: string }>(`select coalesce(merged_into, id) as id from profile where id = $1`, [values["profile_id"]]);
  return rows.length === 0 || rows[0]?.id === values["survivor_id"];
}

/** Whose the event is now: through merges, and where an unmerge has divided its ingest id, by the identifiers that it carried. */
async function ownerNow(tx: ClientBase, workspaceId: number, { values }: ReadRow): Promise<string> {
  const ingestId = String(values["ingest_profile_id"]);
  const { rows } = await tx.query<{ id: string; doc: { readonly identifiers?: readonly { readonly key: string }[] } | null }>(
    `select distinct on (p.id) p.id, p.doc from (
       select profile_id as id from ingest_share where workspace_id = $1 and ingest_id = $2
       union all select $2::uuid where not exists (select from ingest_share where workspace_id = $1 and ingest_id = $2)) as was
     join profile w on w.id = was.id and w.workspace_id = $1
     join profile p on p.id = coalesce(w.merged_into, w.id) order by p.id`,
    [workspaceId, ingestId],
  );
  const carried = new Set(Array.isArray(values["identifiers"]) ? values["identifiers"].map(String) : []);
  const holder = rows.find(({ doc }) => doc?.identifiers?.some(({ key }) => carried.has(String(hash64Of(key)))));
  return (holder ?? rows[0])?.id ?? String(values["profile_id"]);
}

async function isWithdrawn(tx: ClientBase, workspaceId: number, { values }: ReadRow): Promise<boolean> {
  if (values["import_id"] === 0 || values["outcome"] !== "stored") return false;
  const { rows } = await tx.query(`select from import where workspace_id = $1 and id = $2 and withdrawn_row > $3`, [
    workspaceId, values["import_id"], values["row_id"],
  ]);
  return rows.length > 0;
}

function uuidBytes(id: string): Buffer {
  const writer = new RowBinaryWriter(16);
  writer.uuid(id);
  return writer.copy();
}

function textBytes(text: string): Buffer {
  const writer = new RowBinaryWriter(64);
  writer.string(text);
  return writer.copy();
}

// ── Statements ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Later statements are kept in the outbox as long as an earlier one is set aside. Those not sent yet are run again in their time. */
async function repeatFrom({ clickhouse }: RefusedDeps, tx: ClientBase, entry: Entry): Promise<RefusedStatus> {
  const { rows } = await tx.query<{ block_id: string; table: string; statement: string }>(
    `select block_id, table_name as table, statement from ch_outbox where partition = $1 and kind = 'statement' and block_id > $2 order by block_id`,
    [entry.partition, entry.blockId],
  );
  const setAside = await setAsideOf(tx, rows.map((row) => Number(row.block_id)));
  const later = rows.filter((row) => !setAside.has(Number(row.block_id)));
  for (const { table, statement } of [entry, ...later]) {
    await killFailedMutations(clickhouse, table);
    try {
      await runStatement(clickhouse, statement);
    } catch (error) {
      // Left behind, it would fail whatever changes the table next. That this fails as well is the lesser news.
      await killFailedMutations(clickhouse, table).catch(() => undefined);
      throw error;
    }
  }
  return landedNow(tx, entry);
}

// ── After an unclean end ──────────────────────────────────────────────────────────────────────────────────────────────

/** Rows that landed when they were sent again, and are gone (see `verifySent`), are sent once more; how many there were. */
export async function restoreLost(deps: RefusedDeps, partition: number): Promise<number> {
  const { rows } = await deps.pool.query<{ workspace_id: number; block_id: string; block_row: number; table: string }>(
    `select workspace_id, block_id, block_row, table_name as table from ch_refused
     where partition = $1 and kind = 'row' and status = 'landed' and body <> '' order by block_id, block_row`,
    [partition],
  );
  const lost: RefusedPlace[] = [];
  for (const table of new Set(rows.map((row) => row.table))) {
    const places = rows.filter((row) => row.table === table)
      .map((row) => ({ workspaceId: row.workspace_id, blockId: Number(row.block_id), blockRow: row.block_row }));
    const landed = await landedPlaces(deps.clickhouse, table, places);
    lost.push(...places.filter((place) => !landed.has(nameOf(place))));
  }
  if (lost.length === 0) return 0;
  await inTransaction(deps.pool, async (tx) => {
    for (const { blockId, blockRow } of lost) {
      await tx.query(`update ch_refused set status = 'open', resolved_at = null where block_id = $1 and block_row = $2`, [blockId, blockRow]);
    }
    await countAsFailed(tx, lost.map(({ blockId }) => blockId));
  });
  await retryManyRefused(deps, lost);
  return lost.length;
}

// ── Putting an entry aside for good ───────────────────────────────────────────────────────────────────────────────────

/** Nothing is sent: a row stays counted as failed, and nothing is kept back for a statement any more. */
export async function discardRefused({ pool }: RefusedDeps, place: RefusedPlace): Promise<RefusedStatus | undefined> {
  return inTransaction(pool, async (tx) => {
    const entry = await lockEntry(tx, place);
    return entry?.status === "open" ? discardEntry(tx, place) : entry?.status;
  });
}

/** All of this, as the API is handed it. */
export function refusedWrites(deps: RefusedDeps) {
  return {
    retry: (place: RefusedPlace) => retryRefused(deps, place),
    retryMany: (places: readonly RefusedPlace[]) => retryManyRefused(deps, places),
    discard: (place: RefusedPlace) => discardRefused(deps, place),
  };
}

async function discardEntry(tx: ClientBase, { blockId, blockRow }: RefusedPlace): Promise<"discarded"> {
  await tx.query(`update ch_refused set status = 'discarded', resolved_at = now() where block_id = $1 and block_row = $2`, [blockId, blockRow]);
  return "discarded";
}
