// Files on their way to the server, in parts, whatever page is shown meanwhile. What the server has it keeps: after a break the
// upload goes on at the byte that it names, and after a reload the import waits for its file to be chosen again.
import { useSyncExternalStore } from "react";
import type { ImportContentAnswer, ImportPreview, ImportState } from "@tributary/schema/import.ts";
import { ApiProblem, read, sendContent } from "../../api.ts";

const PART_BYTES = 4 * 1024 * 1024;
const TRIES_MAX = 6;
const RETRY_MS = 800;

export interface Upload {
  readonly id: number;
  readonly sent: number;
  readonly bytes: number;
  readonly status: "sending" | "done" | "failed" | "stopped";
  readonly problem: Error | undefined;
  /** Of a dry run, at its end. */
  readonly preview: ImportPreview | undefined;
  readonly state: ImportState | undefined;
}

let uploads: ReadonlyMap<number, Upload> = new Map();
const stops = new Map<number, AbortController>();
const listeners = new Set<() => void>();

export function useUpload(id: number | undefined): Upload | undefined {
  const all = useSyncExternalStore(subscribe, () => uploads);
  return id === undefined ? undefined : all.get(id);
}

export function stopUpload(id: number): void {
  stops.get(id)?.abort();
}

/** Resolves when it is at its end, whatever that is. `from`: bytes that the server has. */
export async function startUpload(id: number, file: File, from = 0): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  const set = (change: Partial<Upload>): void => put(id, { id, sent: from, bytes: file.size, status: "sending", problem: undefined, preview: undefined, state: undefined, ...uploads.get(id), ...change });
  set({ status: "sending", problem: undefined });
  const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
  window.addEventListener("beforeunload", warn);
  try {
    const { preview, import: state } = await sendAll(id, file, from, stop.signal, (sent) => set({ sent }));
    set({ status: "done", sent: file.size, preview, state });
  } catch (error) {
    set(stop.signal.aborted ? { status: "stopped" } : { status: "failed", problem: error instanceof Error ? error : new Error(String(error)) });
  } finally {
    window.removeEventListener("beforeunload", warn);
    stops.delete(id);
  }
}

async function sendAll(id: number, file: File, from: number, signal: AbortSignal, onSent: (bytes: number) => void): Promise<ImportContentAnswer> {
  let [at, part, tries] = [from, PART_BYTES, 0];
  for (;;) {
    const end = Math.min(file.size, at + part);
    const isLast = end === file.size;
    try {
      const answer = await sendContent<ImportContentAnswer>(`/imports/${id}/content?file=0&offset=${at}&more=${!isLast}`, file.slice(at, end), signal);
      if (isLast) return answer;
      const next = answer.import.bytes_done;
      // A line longer than the part: no place in it can be gone on from, so more of it is sent at once.
      part = next > at ? PART_BYTES : part * 2;
      at = Math.max(at, next);
      tries = 0;
      onSent(at);
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiProblem) || !isPassing(error.status) || ++tries > TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * 2 ** tries));
      at = await whereItStands(id, at);
    }
  }
}

function isPassing(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

async function whereItStands(id: number, at: number): Promise<number> {
  return read<ImportState>(`/imports/${id}`).then((state) => state.bytes_done, () => at);
}

function put(id: number, upload: Upload): void {
  uploads = new Map(uploads).set(id, upload);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
