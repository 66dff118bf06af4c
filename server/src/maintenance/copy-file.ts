// Copies one file onto the disk and says what was copied: what the checksum tells is what was read.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

const PIECE_BYTES = 1024 * 1024;

export interface Copied {
  readonly bytes: number;
  readonly sha256: string;
}

/** The file must not be there yet. Resolves when its content is on the disk; its name is once its folder is, see `syncFolder`. */
export async function copyFile(from: string, to: string, mode: number): Promise<Copied> {
  const source = await open(from, "r");
  try {
    const target = await open(to, "wx", mode);
    try {
      const copied = await pipe(source, (piece) => target.writeFile(piece));
      await target.chmod(mode);
      await target.sync();
      return copied;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

export async function checksumOf(path: string): Promise<Copied> {
  const file = await open(path, "r");
  try {
    return await pipe(file, async () => undefined);
  } finally {
    await file.close();
  }
}

async function pipe(source: Awaited<ReturnType<typeof open>>, take: (piece: Buffer) => Promise<void>): Promise<Copied> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let bytes = 0; ;) {
    const { bytesRead } = await source.read(buffer, 0, PIECE_BYTES, bytes);
    if (bytesRead === 0) return { bytes, sha256: hash.digest("hex") };
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    await take(piece);
    bytes += bytesRead;
  }
}

/** Files at once: most are small, and each waits for the disk. */
const AT_ONCE = 8;

/** Works on all items, a few at a time; the first failure ends it, after what was begun. */
export async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values();
  let hasFailed = false;
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const item of waiting) {
      if (hasFailed) return;
      await work(item).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  });
  await Promise.allSettled(workers);
  await Promise.all(workers);
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
