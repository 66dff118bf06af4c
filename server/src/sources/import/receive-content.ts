// One upload of an import's content: bytes in, events into the log, and from time to time the place from which another
// upload goes on. What was appended after the last stored place is appended again by the next upload under the same
// message ids, and the pipeline drops it as duplicate: nothing is counted twice, nothing is left half-done.
import { AppError } from "../../core/errors.ts";
import type { Clock } from "../../core/clock.ts";
import type { WorkspaceDb } from "../../engines/postgres/workspace-db.ts";
import type { Processed } from "../../governance/governance.ts";
import type { EventLog } from "../../log/log.ts";
import { createEventAppender } from "./append-events.ts";
import type { RefusedLine } from "./compile-value.ts";
import { importLimits } from "./import-limits.ts";
import { saveProgress, type ImportTotals, type Place, type StoredImport } from "./import-store.ts";
import { readImport, startOfFile, type ImportCheckpoint, type ImportPlan } from "./read-import.ts";

export interface ReceiveOptions {
  readonly workspaceDb: WorkspaceDb;
  readonly log: EventLog;
  readonly processed: Processed;
  readonly clock: Clock;
  readonly partition: number;
  readonly stored: StoredImport;
  readonly from: ImportCheckpoint | null;
  /** Begins at the checkpoint's byte. */
  readonly chunks: AsyncIterable<Buffer>;
  readonly isLastPart: boolean;
  readonly signal: AbortSignal;
}

/** How the import's current file is read. The message ids depend on the import, its files and the line alone. */
export function planOf(stored: StoredImport): ImportPlan {
  const { format, mapping, reading, files } = stored.definition;
  const file = files.length > 1 ? `-${stored.file + 1}` : "";
  return { format, mapping, reading, messageIdOf: (line) => `import-${stored.id}${file}-${line}` };
}

/**
 * Reads the content to its end. Throws AppError for what is wrong with the file (nothing more of it is taken in), `conflict`
 * when another upload took over or the import was withdrawn, `overloaded` when the log refused for long, and whatever the
 * stream throws; in the last two cases all that was read is stored, to go on from there.
 */
export async function receiveContent(options: ReceiveOptions): Promise<void> {
  const { stored, from, clock } = options;
  const reader = readImport(options.chunks, planOf(stored), { from: from ?? startOfFile, isLastPart: options.isLastPart });
  const events = createEventAppender({
    log: options.log, processed: options.processed, partition: options.partition, signal: options.signal,
    header: () => ({
      kind: "events", workspaceId: stored.workspaceId, sourceId: stored.sourceId, receivedAtMs: clock.nowMs(),
      importId: stored.id, historical: stored.historical,
    }),
  });
  const progress = createProgress(options);
  try {
    for await (const step of reader.steps) {
      for (const event of step.events) await events.add(event.json);
      progress.refuse(step.refused);
      options.signal.throwIfAborted();
      if (clock.nowMs() - progress.savedAtMs() < importLimits.checkpointEveryMs) continue;
      await events.flush();
      await progress.save(reader.checkpoint(), false);
    }
    await events.flush();
    await progress.save(reader.checkpoint(), options.isLastPart);
  } catch (error) {
    // What an error of the connection or the database leaves behind is good: the reader stands at the end of a line.
    if (!(error instanceof AppError) && !options.signal.aborted) {
      await events.flush();
      await progress.save(reader.checkpoint(), false);
    }
    throw error;
  }
}

function createProgress({ workspaceDb, stored, from, clock }: ReceiveOptions) {
  const before = from?.counts ?? startOfFile.counts;
  let place: Place = { file: stored.file, bytesDone: stored.bytesDone };
  let refused: RefusedLine[] = [];
  let savedAtMs = clock.nowMs();
  return {
    savedAtMs: () => savedAtMs,
    refuse: (lines: readonly RefusedLine[]) => void refused.push(...lines),
    save: async (checkpoint: ImportCheckpoint, isFileDone: boolean): Promise<void> => {
      const { counts } = checkpoint;
      const totals: ImportTotals = {
        lines: stored.lines + counts.lines - before.lines, accepted: stored.accepted + counts.events - before.events,
        refused: stored.refused + counts.refused - before.refused, skipped: stored.skipped + counts.skipped - before.skipped,
      };
      const now: Place = isFileDone ? { file: stored.file + 1, bytesDone: 0 } : { file: stored.file, bytesDone: checkpoint.byte };
      const isDone = isFileDone && now.file === stored.definition.files.length;
      savedAtMs = clock.nowMs();
      const isSaved = await saveProgress(workspaceDb, stored, {
        was: place, now, totals, checkpoint: isFileDone ? null : checkpoint, isDone, refused,
      }, savedAtMs);
      if (!isSaved) {
        throw new AppError("conflict", { detail: "Another upload of this import went further, or it was withdrawn.", hint: "Read its state and go on from there." });
      }
      place = now;
      refused = [];
    },
  };
}
