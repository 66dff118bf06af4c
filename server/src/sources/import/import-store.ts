// Imports as rows of Postgres. Counters, the place to go on and the errors of the lines before it are stored together or
// not at all, and only while the row still stands at the place from which the writer began: of two uploads one loses.
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import type { ClientBase } from "pg";
import { z } from "zod";
import { importFile, importFormat, importMapping, importReading, importStatus, type ImportState } from "@tributary/schema/import.ts";
import type { WorkspaceDb } from "../../engines/postgres/workspace-db.ts";
import type { RefusedLine } from "./compile-value.ts";
import { importLimits } from "./import-limits.ts";
import type { ImportCheckpoint } from "./read-import.ts";

/** How the files of an import are read: the column `mapping`. */
export const importDefinition = z.strictObject({
  format: importFormat, mapping: importMapping.nullable(), reading: importReading, files: z.array(importFile),
});
export type ImportDefinition = z.infer<typeof importDefinition>;

export interface ImportTotals {
  readonly lines: number;
  readonly accepted: number;
  readonly refused: number;
  readonly skipped: number;
}

export interface StoredImport extends ImportTotals {
  readonly id: number;
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly sourceSlug: string;
  readonly name: string;
  readonly status: z.infer<typeof importStatus>;
  readonly definition: ImportDefinition;
  readonly historical: boolean;
  readonly dryRun: boolean;
  readonly file: number;
  readonly bytesDone: number;
  readonly failure: string | null;
  readonly createdBy: string;
  readonly withdrawnBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface Row {
  id: number;
  workspace_id: number;
  source_id: number;
  source_slug: string | null;
  name: string;
  status: string;
  mapping: unknown;
  historical: boolean;
  dry_run: boolean;
  lines: string;
  accepted: string;
  refused: string;
  skipped: string;
  file: number;
  bytes_done: string;
  failure: string | null;
  created_by: string;
  withdrawn_by: string;
  created_at: Date;
  updated_at: Date;
}

const columns = `i.id, i.workspace_id, i.source_id, s.slug as source_slug, i.name, i.status, i.mapping, i.historical, i.dry_run,
  i.lines, i.accepted, i.refused, i.skipped, i.file, i.bytes_done, i.failure, i.created_by, i.withdrawn_by, i.created_at, i.updated_at`;
const from = "from import i left join source s on s.id = i.source_id";

function storedImport(row: Row): StoredImport {
  return {
    id: row.id, workspaceId: row.workspace_id, sourceId: row.source_id, sourceSlug: row.source_slug ?? "", name: row.name,
    status: importStatus.parse(row.status), definition: importDefinition.parse(row.mapping), historical: row.historical, dryRun: row.dry_run,
    lines: Number(row.lines), accepted: Number(row.accepted), refused: Number(row.refused), skipped: Number(row.skipped),
    file: row.file, bytesDone: Number(row.bytes_done), failure: row.failure, createdBy: row.created_by, withdrawnBy: row.withdrawn_by, createdAt: row.created_at, updatedAt: row.updated_at,
  };
}

export function importStateOf(stored: StoredImport, withFiles = false): ImportState {
  return {
    id: stored.id, name: stored.name, source: stored.sourceSlug, status: stored.status, dry_run: stored.dryRun, historical: stored.historical,
    file_count: stored.definition.files.length, ...(withFiles ? { files: stored.definition.files, mapping: stored.definition.mapping, reading: stored.definition.reading } : {}),
    bytes: bytesOf(stored.definition), created_by: stored.createdBy, withdrawn_by: stored.withdrawnBy, file: stored.file, bytes_done: stored.bytesDone, lines: stored.lines, accepted: stored.accepted,
    refused: stored.refused, skipped: stored.skipped, failure: stored.failure,
    created_at: stored.createdAt.toISOString(), updated_at: stored.updatedAt.toISOString(),
  };
}

/** Null when the size of one file was not said. */
function bytesOf({ files }: ImportDefinition): number | null {
  return files.reduce<number | null>((sum, { bytes }) => (sum === null || bytes === undefined ? null : sum + bytes), 0);
}

export interface NewImport {
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly name: string;
  readonly definition: ImportDefinition;
  readonly contentHash: Buffer | null;
  readonly historical: boolean;
  readonly dryRun: boolean;
  readonly actor: string;
}

export async function insertImport(db: ClientBase, wish: NewImport, nowMs: number): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `insert into import (workspace_id, source_id, name, status, mapping, content_hash, historical, dry_run, created_by, created_at, updated_at)
     values ($1, $2, $3, 'uploading', $4, $5, $6, $7, $8, $9, $9) returning id`,
    [wish.workspaceId, wish.sourceId, wish.name, JSON.stringify(wish.definition), wish.contentHash, wish.historical, wish.dryRun, wish.actor, new Date(nowMs)],
  );
  return rows[0]?.id ?? 0;
}

export async function findImport(db: ClientBase, workspaceId: number, id: number): Promise<StoredImport | undefined> {
  const { rows } = await db.query<Row>(`select ${columns} ${from} where i.workspace_id = $1 and i.id = $2`, [workspaceId, id]);
  return rows[0] && storedImport(rows[0]);
}

/** Imports with an id below `beforeId`, the newest first. */
export async function listImports(db: ClientBase, workspaceId: number, beforeId: number, limit: number): Promise<StoredImport[]> {
  const { rows } = await db.query<Row>(
    `select ${columns} ${from} where i.workspace_id = $1 and i.id < $2 order by i.id desc limit $3`, [workspaceId, beforeId, limit],
  );
  return rows.map(storedImport);
}

/** The newest import of the same content that was not taken back. */
export async function findSameContent(db: ClientBase, workspaceId: number, contentHash: Buffer): Promise<StoredImport | undefined> {
  const { rows } = await db.query<Row>(
    `select ${columns} ${from} where i.workspace_id = $1 and i.content_hash = $2 and not i.dry_run
       and i.status in ('uploading', 'running', 'done') order by i.id desc limit 1`,
    [workspaceId, contentHash],
  );
  return rows[0] && storedImport(rows[0]);
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Where reading goes on in the import's file, or null at its start. */
export async function readCheckpoint(db: ClientBase, workspaceId: number, id: number): Promise<ImportCheckpoint | null> {
  const { rows } = await db.query<{ checkpoint: Buffer | null }>("select checkpoint from import where workspace_id = $1 and id = $2", [workspaceId, id]);
  const body = rows[0]?.checkpoint;
  // Our own bytes: written below, by the same type.
  return body ? (JSON.parse(String(await decompress(body))) as ImportCheckpoint) : null;
}

export interface Place {
  readonly file: number;
  readonly bytesDone: number;
}

export interface Progress {
  readonly was: Place;
  readonly now: Place;
  readonly totals: ImportTotals;
  /** null between files. */
  readonly checkpoint: ImportCheckpoint | null;
  readonly isDone: boolean;
  readonly refused: readonly RefusedLine[];
}

/** False when the import stands elsewhere or is no longer being uploaded: then nothing was stored. */
export async function saveProgress(workspaceDb: WorkspaceDb, stored: StoredImport, progress: Progress, nowMs: number): Promise<boolean> {
  const body = progress.checkpoint === null ? null : await compress(JSON.stringify(progress.checkpoint));
  const { totals, was, now } = progress;
  return workspaceDb.transaction(stored.workspaceId, async (db) => {
    const { rowCount } = await db.query(
      `update import set lines = $5, accepted = $6, refused = $7, skipped = $8, file = $9, bytes_done = $10, checkpoint = $11,
         status = $12, updated_at = $13
       where workspace_id = $1 and id = $2 and file = $3 and bytes_done = $4 and status in ('uploading', 'running')`,
      [stored.workspaceId, stored.id, was.file, was.bytesDone, totals.lines, totals.accepted, totals.refused, totals.skipped,
        now.file, now.bytesDone, body, progress.isDone ? "done" : "running", new Date(nowMs)],
    );
    if (rowCount !== 1) return false;
    await insertErrors(db, stored, was.file, progress.refused);
    return true;
  });
}

async function insertErrors(db: ClientBase, stored: StoredImport, file: number, refused: readonly RefusedLine[]): Promise<void> {
  if (refused.length === 0) return;
  const { rows } = await db.query<{ kept: string }>("select count(*) as kept from import_error where workspace_id = $1 and import_id = $2", [stored.workspaceId, stored.id]);
  const kept = refused.slice(0, Math.max(0, importLimits.errorsKeptMax - Number(rows[0]?.kept ?? 0)));
  if (kept.length === 0) return;
  await db.query(
    `insert into import_error (workspace_id, import_id, file, line, code, message)
     select $1, $2, $3, * from unnest($4::bigint[], $5::text[], $6::text[]) on conflict do nothing`,
    [stored.workspaceId, stored.id, file, kept.map(({ line }) => line), kept.map(({ problem }) => problem.code), kept.map(({ problem }) => problem.message)],
  );
}

export interface StoredError {
  readonly file: number;
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** In the order of the files and lines, after the given place. */
export async function listErrors(
  db: ClientBase, workspaceId: number, importId: number, after: readonly [number, number, string], limit: number,
): Promise<StoredError[]> {
  const { rows } = await db.query<Omit<StoredError, "line"> & { line: string }>(
    `select file, line, code, message from import_error
     where workspace_id = $1 and import_id = $2 and (file, line, code) > ($3, $4, $5) order by file, line, code limit $6`,
    [workspaceId, importId, ...after, limit],
  );
  return rows.map((row) => ({ ...row, line: Number(row.line) }));
}

/** True when the import was in one of these states and now is in the new one. */
export async function changeStatus(
  db: ClientBase, stored: Pick<StoredImport, "workspaceId" | "id">, change: {
    from: readonly string[]; to: string; failure?: string; withdrawnRow?: number; withdrawnBy?: string;
  }, nowMs: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update import set status = $4, failure = coalesce($5, failure), withdrawn_row = coalesce($6, withdrawn_row), updated_at = $7,
       withdrawn_by = coalesce($8, withdrawn_by),
       checkpoint = case when $4 in ('failed', 'withdrawing', 'withdrawn') then null else checkpoint end
     where workspace_id = $1 and id = $2 and status = any($3)`,
    [stored.workspaceId, stored.id, change.from, change.to, change.failure ?? null, change.withdrawnRow ?? null, new Date(nowMs), change.withdrawnBy ?? null],
  );
  return rowCount === 1;
}

export async function deleteImport(db: ClientBase, workspaceId: number, id: number): Promise<void> {
  await db.query("delete from import where workspace_id = $1 and id = $2", [workspaceId, id]);
}
