// Local files of an import: their size and hash, and their (inflated) content from any byte on.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CliError } from "./cli-error.ts";

export interface LocalFile {
  readonly path: string;
  readonly name: string;
  /** Inflated. */
  readonly bytes: number;
  readonly sha256: string;
  readonly isGzip: boolean;
}

/** Reads every file once, for its size and hash. Throws CliError for one that can't be read. */
export async function readFiles(paths: readonly string[], reading: (name: string) => void): Promise<readonly LocalFile[]> {
  const files: LocalFile[] = [];
  for (const path of paths) {
    reading(basename(path));
    try {
      files.push(await readOne(path));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new CliError(`The file ${path} can't be read: ${why}`, { hint: "Check the path and that you may read it.", cause: error });
    }
  }
  return files;
}

async function readOne(path: string): Promise<LocalFile> {
  const isGzip = await beginsWithGzip(path);
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of contentOf(path, isGzip)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { path, name: basename(path), bytes, sha256: hash.digest("hex"), isGzip };
}

async function beginsWithGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(2), length: 2, position: 0 });
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

async function* contentOf(path: string, isGzip: boolean, start = 0): AsyncGenerator<Buffer> {
  if (!isGzip) {
    yield* createReadStream(path, { start });
    return;
  }
  const raw = createReadStream(path);
  const inflated = createGunzip();
  raw.once("error", (error) => inflated.destroy(error));
  let left = start;
  for await (const chunk of raw.pipe(inflated)) {
    const bytes: Buffer = chunk;
    if (left < bytes.length) yield bytes.subarray(left);
    left = Math.max(0, left - bytes.length);
  }
}

export interface FilePart {
  readonly offset: number;
  readonly bytesMax: number;
}

/** A part of the content; `count` is told of every piece that leaves. */
export function openFile(file: LocalFile, { offset, bytesMax }: FilePart, count: (bytes: number) => void): Readable {
  async function* counted(): AsyncGenerator<Buffer> {
    let left = bytesMax;
    for await (const chunk of contentOf(file.path, file.isGzip, offset)) {
      const piece = chunk.length > left ? chunk.subarray(0, left) : chunk;
      yield piece;
      count(piece.length);
      left -= piece.length;
      if (left === 0) return;
    }
  }
  return Readable.from(counted(), { objectMode: false, highWaterMark: 256 * 1024 });
}

/** What makes an import the same import: the content of its files in their order, and how they are read. */
export function contentHash(files: readonly LocalFile[], reading: unknown): string {
  return createHash("sha256").update(JSON.stringify([files.map(({ sha256 }) => sha256), reading])).digest("hex");
}
