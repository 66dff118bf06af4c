// Dry runs: files are read exactly as an import would read them, what comes of it is gathered in this process's memory, and
// nothing stays. A dry run whose files come one by one is bound to the process that began it.
import type { ImportContentAnswer } from "@tributary/schema/import.ts";
import type { Clock } from "../../core/clock.ts";
import { AppError, assert } from "../../core/errors.ts";
import type { WorkspaceDb } from "../../engines/postgres/workspace-db.ts";
import { readSettings } from "../../governance/governance.ts";
import { compileIdentityRules, extractIdentifiers } from "../../identity/identity.ts";
import { importLimits } from "./import-limits.ts";
import { createPreview, type FindPeople, type PreviewCollector } from "./import-preview.ts";
import { deleteImport, findImport, importStateOf, type StoredImport } from "./import-store.ts";
import { readImport, startOfFile, type ImportCheckpoint } from "./read-import.ts";
import { planOf } from "./receive-content.ts";

export interface DryRuns {
  /**
   * Reads the next content of the import's file; after the last, the answer has the preview. Throws AppError for what is
   * wrong with the file, after which the dry run is gone, and `conflict` when it was begun elsewhere.
   */
  read(stored: StoredImport, chunks: AsyncIterable<Buffer>, isLastPart: boolean): Promise<ImportContentAnswer>;
}

interface OpenDryRun {
  readonly collector: PreviewCollector;
  readonly workspaceId: number;
  usedAtMs: number;
  /** Within a file that comes in parts. */
  checkpoint: ImportCheckpoint;
}

interface DryRunDeps {
  readonly workspaceDb: WorkspaceDb;
  readonly clock: Clock;
  readonly secret: string;
}

export function createDryRuns({ workspaceDb, clock, secret }: DryRunDeps): DryRuns {
  const running = new Map<number, OpenDryRun>();

  async function drop(id: number, workspaceId: number): Promise<void> {
    running.delete(id);
    await workspaceDb.run(workspaceId, (db) => deleteImport(db, workspaceId, id));
  }

  async function makeRoom(nowMs: number): Promise<void> {
    const oldestFirst = [...running].sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
    for (const [id, { usedAtMs, workspaceId }] of oldestFirst) {
      if (running.size >= importLimits.previewsMax || nowMs - usedAtMs > importLimits.previewIdleMs) await drop(id, workspaceId);
    }
  }

  async function open(stored: StoredImport): Promise<OpenDryRun> {
    const nowMs = clock.nowMs();
    const known = running.get(stored.id);
    if (known) {
      known.usedAtMs = nowMs;
      return known;
    }
    if (stored.file > 0 || stored.bytesDone > 0) {
      throw new AppError("conflict", { detail: "This dry run was begun in another server process, or long ago.", hint: "Start the dry run again." });
    }
    await makeRoom(nowMs);
    const { workspaceId, sourceId } = stored;
    const { settings } = await workspaceDb.run(workspaceId, (db) => readSettings(db, workspaceId));
    const rules = compileIdentityRules(settings.identity);
    const context = { workspaceId, sourceId, secret, phoneCountry: settings.phoneCountry };
    const collector = createPreview((event) => extractIdentifiers(event, rules, context).identifiers.map(({ key }) => key));
    const opened = { collector, workspaceId, usedAtMs: nowMs, checkpoint: startOfFile };
    running.set(stored.id, opened);
    return opened;
  }

  return {
    read: async (stored, chunks, isLastPart) => {
      const { id, workspaceId } = stored;
      const dryRun = await open(stored);
      const reader = readImport(chunks, planOf(stored), { from: dryRun.checkpoint, isLastPart });
      const fileName = stored.definition.files[stored.file]?.name ?? "";
      try {
        for await (const step of reader.steps) dryRun.collector.add(fileName, step);
      } catch (error) {
        // What was counted of a broken part can't be taken back.
        await drop(id, workspaceId);
        throw error;
      }
      if (isLastPart) dryRun.collector.endFile(reader.checkpoint().counts, reader.unusedColumns());
      dryRun.checkpoint = isLastPart ? startOfFile : reader.checkpoint();
      const file = stored.file + (isLastPart ? 1 : 0);
      const isDone = file === stored.definition.files.length;
      await savePlace(workspaceDb, stored, { file, bytesDone: dryRun.checkpoint.byte, status: isDone ? "done" : "running", nowMs: clock.nowMs() });
      const now = await workspaceDb.run(workspaceId, (db) => findImport(db, workspaceId, id));
      assert(now, "a dry run that was just read is there");
      if (!isDone) return { import: importStateOf(now) };
      const preview = await dryRun.collector.result(findPeople(workspaceDb, workspaceId));
      await drop(id, workspaceId);
      return { import: importStateOf(now), preview };
    },
  };
}

interface DryRunPlace {
  readonly file: number;
  readonly bytesDone: number;
  readonly status: "running" | "done";
  readonly nowMs: number;
}

async function savePlace(workspaceDb: WorkspaceDb, { workspaceId, id }: StoredImport, place: DryRunPlace): Promise<void> {
  await workspaceDb.run(workspaceId, (db) => db.query(
    "update import set file = $3, bytes_done = $4, status = $5, updated_at = $6 where workspace_id = $1 and id = $2",
    [workspaceId, id, place.file, place.bytesDone, place.status, new Date(place.nowMs)],
  ));
}

const KEYS_PER_QUERY = 5_000;

function findPeople(workspaceDb: WorkspaceDb, workspaceId: number): FindPeople {
  return async (keys) => {
    const people = new Map<string, string>();
    for (let at = 0; at < keys.length; at += KEYS_PER_QUERY) {
      const { rows } = await workspaceDb.run(workspaceId, (db) => db.query<{ key: string; profile_id: string }>(
        "select key, profile_id from identifier where workspace_id = $1 and key = any($2::uuid[]) and profile_id is not null",
        [workspaceId, keys.slice(at, at + KEYS_PER_QUERY)],
      ));
      for (const row of rows) people.set(row.key, row.profile_id);
    }
    return people;
  };
}
