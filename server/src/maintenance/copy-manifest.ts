// The list of a copy's files: one line of JSON each, with what is needed to put the file back and to know that it is whole.
// The last line counts and hashes all before it, and is written after every file has reached the disk: a copy without it
// was broken off.
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { exists } from "../data-directory.ts";

export const MANIFEST = "manifest.ndjson";
/** Beside the manifest: the files, under their paths in the data directory. */
export const COPIED = "data";
const FORMAT = 1;

const owned = { path: z.string().min(1), mode: z.int(), uid: z.int(), gid: z.int() };
export const copyEntry = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("folder"), ...owned }),
  z.object({ kind: z.literal("file"), ...owned, bytes: z.int(), sha256: z.string() }),
  z.object({ kind: z.literal("link"), path: z.string().min(1), to: z.string() }),
]);
export type CopyEntry = z.infer<typeof copyEntry>;

const copyHead = z.object({ format: z.literal(FORMAT), version: z.string(), madeAt: z.string() });
const copyEnd = z.object({ entries: z.int(), sha256: z.string() });

export interface Manifest {
  /** Of the program that made it. */
  readonly version: string;
  readonly madeAt: string;
  readonly entries: readonly CopyEntry[];
}

export async function writeManifest(
  folder: string, head: Omit<z.infer<typeof copyHead>, "format">, entries: readonly CopyEntry[],
): Promise<void> {
  const lines = [{ format: FORMAT, ...head }, ...entries].map((line) => `${JSON.stringify(line)}\n`).join("");
  const file = await open(join(folder, MANIFEST), "wx", 0o600);
  try {
    await file.writeFile(`${lines}${JSON.stringify({ entries: entries.length, sha256: sha256Of(lines) })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Throws AppError `damaged_copy` when the list is missing, cut short or changed. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST);
  if (!(await exists(path))) {
    throw new AppError("damaged_copy", { detail: `${path} is missing: this is no copy, or its making was broken off.` });
  }
  const text = await readFile(path, "utf8");
  const endAt = text.lastIndexOf("\n", text.length - 2) + 1;
  try {
    const lines = text.slice(0, endAt).trimEnd().split("\n");
    const end = copyEnd.parse(JSON.parse(text.slice(endAt)));
    const head = copyHead.parse(JSON.parse(lines[0] ?? ""));
    const entries = lines.slice(1).map((line) => copyEntry.parse(JSON.parse(line)));
    if (end.sha256 !== sha256Of(text.slice(0, endAt)) || end.entries !== entries.length) throw new Error("the checksum is wrong");
    return { version: head.version, madeAt: head.madeAt, entries };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError("damaged_copy", { detail: `${path} is damaged or of another version: ${why.slice(0, 200)}`, cause: error });
  }
}

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
