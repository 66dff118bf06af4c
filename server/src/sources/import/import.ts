// The door of imports: make one, send its content, look at it, take it back. An import's events go into the log marked
// with its number, as history unless it says otherwise; everything about its progress lies in Postgres, so that another
// server goes on where one was killed.
import type { z } from "zod";
import type { ImportSample, importSampleBody, WithdrawPreview } from "@tributary/schema/api/import-sample.ts";
import type { CreateImport, ImportContentAnswer, ImportError, ImportState } from "@tributary/schema/import.ts";
import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import type { WorkspaceDb } from "../../engines/postgres/workspace-db.ts";
import { recordAudit, type Control, type ControlReceipt, type Processed } from "../../governance/governance.ts";
import type { EventLog } from "../../log/log.ts";
import { createDryRuns } from "./dry-runs.ts";
import { ensureSource, findSource, slugOf } from "./import-source.ts";
import {
  changeStatus, findImport, findSameContent, importStateOf, insertImport, listErrors, listImports, readCheckpoint,
  type ImportDefinition, type StoredImport,
} from "./import-store.ts";
import { compileMapping } from "./compile-mapping.ts";
import { mappingColumns } from "./mapping-columns.ts";
import { receiveContent, type ReceiveOptions } from "./receive-content.ts";
import { readSample } from "./read-sample.ts";
import { skipBytes } from "./skip-bytes.ts";

export interface ImportDeps {
  readonly workspaceDb: WorkspaceDb;
  readonly log: EventLog;
  /** How far the pipeline is, which an import does not run away from. */
  readonly processed: Processed;
  readonly control: Control;
  readonly clock: Clock;
  /** The install's secret, from which identifiers get their keys; for the people of a dry run. */
  readonly secret: string;
  /** What taking an import back would touch; only the pipeline's tables can tell. */
  readonly previewWithdraw: (workspaceId: number, importId: number) => Promise<Omit<WithdrawPreview, "dry_run">>;
  /** Called after a source was made. */
  readonly onSourcesChanged?: () => void;
}

/** Who asks. */
export interface ImportCaller {
  readonly workspaceId: number;
  readonly actor: string;
}

export interface ContentUpload {
  readonly id: number;
  /** Index of the file; the one that is next when not given. */
  readonly file: number | undefined;
  /** The file's (uncompressed) byte at which `chunks` begin. */
  readonly offset: number;
  /** Whether the end of `chunks` is the end of the file. */
  readonly isLastPart: boolean;
  readonly chunks: AsyncIterable<Buffer>;
}

export interface Imports {
  /** Throws AppError `bad_request` for an unusable mapping, `conflict` when the same content was imported before. */
  create(caller: ImportCaller, wish: CreateImport): Promise<ImportState>;
  /** Throws AppError: `not_found`, `conflict` (wrong file or place, busy, over), `bad_request` and `limit_reached` for the content. */
  receive(caller: ImportCaller, upload: ContentUpload): Promise<ImportContentAnswer>;
  get(workspaceId: number, id: number, withFiles?: boolean): Promise<ImportState>;
  /** Newest first, below `beforeId`. */
  list(workspaceId: number, beforeId: number, limit: number): Promise<ImportState[]>;
  errors(workspaceId: number, id: number, after: readonly [number, number, string], limit: number): Promise<(ImportError & { file_index: number })[]>;
  /** Stops what is being uploaded and asks the pipeline to set the import's events aside. */
  withdraw(caller: ImportCaller, id: number): Promise<{ import: ImportState; receipt: ControlReceipt }>;
  /** Says what that would touch, and changes nothing. */
  previewWithdraw(workspaceId: number, id: number): Promise<WithdrawPreview>;
  /** Reads the first lines of a file as an import would. */
  sample(body: z.output<typeof importSampleBody>): Promise<ImportSample>;
}

interface ActiveUpload {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export function createImports(deps: ImportDeps): Imports {
  const { workspaceDb, clock } = deps;
  const active = new Map<number, ActiveUpload>();
  const dryRuns = createDryRuns(deps);

  async function load(workspaceId: number, id: number): Promise<StoredImport> {
    const stored = await workspaceDb.run(workspaceId, (db) => findImport(db, workspaceId, id));
    if (!stored) throw new AppError("not_found", { detail: `There is no import ${id}.` });
    return stored;
  }

  async function create(caller: ImportCaller, wish: CreateImport): Promise<ImportState> {
    const { workspaceId } = caller;
    const definition = definitionOf(wish);
    const contentHash = wish.content_hash === undefined ? null : Buffer.from(wish.content_hash, "hex");
    if (contentHash && !wish.again && !wish.dry_run) await refuseSameContent(workspaceId, contentHash);
    const slug = wish.source ?? slugOf(wish.name);
    const source = wish.dry_run ? await workspaceDb.run(workspaceId, (db) => findSource(db, workspaceId, slug))
      : await ensureSource(deps, { workspaceId, slug, name: wish.source ?? wish.name, actor: caller.actor });
    if (!wish.dry_run) deps.onSourcesChanged?.();
    const nowMs = clock.nowMs();
    const id = await workspaceDb.transaction(workspaceId, async (db) => {
      const made = await insertImport(db, {
        workspaceId, sourceId: source?.id ?? 0, name: wish.name, definition, contentHash, historical: wish.historical ?? true, dryRun: wish.dry_run ?? false, actor: caller.actor,
      }, nowMs);
      if (!wish.dry_run) await recordAudit(db, { workspaceId, actor: caller.actor, action: "import.create", target: `import:${made}`, detail: { source: slug } }, nowMs);
      return made;
    });
    return importStateOf(await load(workspaceId, id));
  }

  async function refuseSameContent(workspaceId: number, contentHash: Buffer): Promise<void> {
    const same = await workspaceDb.run(workspaceId, (db) => findSameContent(db, workspaceId, contentHash));
    if (!same) return;
    throw new AppError("conflict", {
      detail: `Import ${same.id} (${same.status}) has the same content.`,
      hint: same.status === "done" ? "Say `again` (--again) to import it once more, or withdraw that one." : `Go on with it (--resume ${same.id}), or withdraw it.`,
    });
  }

  async function receive(caller: ImportCaller, upload: ContentUpload): Promise<ImportContentAnswer> {
    const stored = await load(caller.workspaceId, upload.id);
    const file = upload.file ?? stored.file;
    if (file < stored.file || (stored.status === "done" && upload.file !== undefined && file < stored.definition.files.length)) {
      // The answer to an upload was lost: it is whole already.
      return { import: importStateOf(stored) };
    }
    checkOpen(stored, file, upload.offset);
    if (active.has(stored.id)) throw new AppError("conflict", { detail: `Import ${stored.id} is being uploaded already.`, hint: "Wait for that upload, or stop it." });
    const stop = new AbortController();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    active.set(stored.id, { stop, ended });
    try {
      const chunks = skipBytes(upload.chunks, stored.bytesDone - upload.offset);
      if (stored.dryRun) return await dryRuns.read(stored, chunks, upload.isLastPart);
      await take(stored, { chunks, isLastPart: upload.isLastPart, signal: stop.signal });
      return { import: importStateOf(await load(caller.workspaceId, stored.id)) };
    } finally {
      active.delete(stored.id);
      end();
    }
  }

  async function take(stored: StoredImport, content: Pick<ReceiveOptions, "chunks" | "isLastPart" | "signal">): Promise<void> {
    const { workspaceId } = stored;
    const [from, partition] = await workspaceDb.run(workspaceId, async (db) => {
      const { rows } = await db.query<{ log_partition: number }>("select log_partition from workspace where id = $1", [workspaceId]);
      return [await readCheckpoint(db, workspaceId, stored.id), rows[0]?.log_partition ?? 0] as const;
    });
    try {
      await receiveContent({ workspaceDb, log: deps.log, processed: deps.processed, clock, partition, stored, from, ...content });
    } catch (error) {
      if (error instanceof AppError && (error.code === "bad_request" || error.code === "limit_reached")) {
        const failure = `${error.message} ${error.hint}`;
        await workspaceDb.run(workspaceId, (db) => changeStatus(db, stored, { from: ["uploading", "running"], to: "failed", failure }, clock.nowMs()));
      }
      if (content.signal.aborted) throw withdrawn(stored.id);
      throw error;
    }
  }

  async function withdraw(caller: ImportCaller, id: number): Promise<{ import: ImportState; receipt: ControlReceipt }> {
    const { workspaceId, actor } = caller;
    const stored = await load(workspaceId, id);
    const isChanged = await workspaceDb.run(workspaceId, (db) =>
      changeStatus(db, stored, { from: ["uploading", "running", "done", "failed", "withdrawing"], to: "withdrawing", withdrawnBy: actor }, clock.nowMs()));
    if (!isChanged) throw new AppError("conflict", { detail: `Import ${id} was withdrawn already.`, hint: "There is nothing left to do." });
    // The control record must stand behind the last event of the import.
    const upload = active.get(id);
    upload?.stop.abort();
    await upload?.ended;
    const receipt = await deps.control.submit({ kind: "import.withdraw", importId: id }, { workspaceId, actor, action: "import.withdraw", target: `import:${id}` });
    const change = { from: ["withdrawing"], to: receipt.processed ? "withdrawn" : "withdrawing", withdrawnRow: receipt.row_id };
    await workspaceDb.run(workspaceId, (db) => changeStatus(db, stored, change, clock.nowMs()));
    return { import: importStateOf(await load(workspaceId, id)), receipt };
  }

  return {
    create,
    receive,
    get: async (workspaceId, id, withFiles) => importStateOf(await load(workspaceId, id), withFiles),
    list: async (workspaceId, beforeId, limit) =>
      (await workspaceDb.run(workspaceId, (db) => listImports(db, workspaceId, beforeId, limit))).map((stored) => importStateOf(stored)),
    errors: async (workspaceId, id, after, limit) => {
      const stored = await load(workspaceId, id);
      const errors = await workspaceDb.run(workspaceId, (db) => listErrors(db, workspaceId, id, after, limit));
      return errors.map(({ file, ...error }) => ({ ...error, file: stored.definition.files[file]?.name ?? "", file_index: file }));
    },
    withdraw,
    previewWithdraw: async (workspaceId, id) => {
      await load(workspaceId, id);
      return { dry_run: true, ...(await deps.previewWithdraw(workspaceId, id)) };
    },
    sample: readSample,
  };
}

/** What is wrong with a mapping by itself is said at once; what depends on the header, with the first line. */
function definitionOf(wish: CreateImport): ImportDefinition {
  const mapping = wish.mapping ?? null;
  const format = mapping?.format ?? wish.format;
  if (format === undefined) throw new AppError("bad_request", { detail: "Nothing says whether the content is CSV or NDJSON.", hint: "Say `format`: csv or ndjson." });
  if (wish.format !== undefined && wish.format !== format) {
    throw new AppError("bad_request", { detail: `The mapping is for ${format}, and the import says ${wish.format}.`, hint: "Say one of them." });
  }
  const reading = {
    ...(wish.time_zone === undefined ? {} : { time_zone: wish.time_zone }), ...(wish.decimal_mark === undefined ? {} : { decimal_mark: wish.decimal_mark }),
  };
  const zone = wish.time_zone ?? mapping?.time_zone;
  const checked = mapping ? { ...mapping, ...reading } : { version: 1 as const, events: [{ type: "identify" as const }], ...(zone ? { time_zone: zone } : {}) };
  compileMapping(checked, mappingColumns(checked));
  return { format, mapping, reading, files: wish.files ?? [{ name: "content" }] };
}

function checkOpen(stored: StoredImport, file: number, offset: number): void {
  const next = `It goes on with file ${stored.file} at byte ${stored.bytesDone}.`;
  switch (stored.status) {
    case "uploading": case "running": break;
    case "failed": throw new AppError("conflict", { detail: `Import ${stored.id} failed: ${stored.failure ?? ""}`, hint: "Withdraw it, and import again with what was wrong put right." });
    case "done": throw new AppError("conflict", { detail: `Import ${stored.id} is complete.`, hint: "Make a new import for more content." });
    case "withdrawing": case "withdrawn": throw withdrawn(stored.id);
    default: stored.status satisfies never;
  }
  if (file !== stored.file) throw new AppError("conflict", { detail: `File ${file} is not the next. ${next}`, hint: "Send the files in their order." });
  if (offset > stored.bytesDone) throw new AppError("conflict", { detail: `Bytes before ${offset} are missing. ${next}`, hint: "Send the content from that byte on." });
}

function withdrawn(id: number): AppError {
  return new AppError("conflict", { detail: `Import ${id} is withdrawn.`, hint: "Make a new import." });
}
