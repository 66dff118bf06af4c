// Whom Postgres runs as. It refuses to be root; we never create users. As root it runs as the owner of the data directory,
// or as `nobody` when that is root too; otherwise as ourselves. Also: which folders that user may enter.
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";

export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  /** True when it is not ourselves: files have to be given to it and folders must be open to it. */
  readonly isOther: boolean;
}

const NOBODY_ID = 65_534;

export async function whomToRunAs(dataDir: string): Promise<RunAs> {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  if (uid !== 0) return { uid, gid, isOther: false };
  const owner = await stat(dataDir);
  if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid, isOther: true };
  return { ...nobody(), isOther: true };
}

function nobody(): { uid: number; gid: number } {
  let users = "";
  try {
    users = readFileSync("/etc/passwd", "utf8");
  } catch {
    // A system without the file has no other name for it either.
  }
  const fields = /^nobody:.*$/m.exec(users)?.[0].split(":");
  return { uid: Number(fields?.[2] ?? NOBODY_ID), gid: Number(fields?.[3] ?? NOBODY_ID) };
}

/** The first folder from the root down to `path` that this user may not enter, or undefined when the way is open. */
export async function closedFolderOnTheWay(path: string, as: RunAs): Promise<string | undefined> {
  for (const folder of foldersDownTo(path)) {
    if (!(await isOpenTo(folder, as, 1))) return folder;
  }
  return undefined;
}

/** Whether the mode of a file or folder gives this user these rights (4 read, 2 write, 1 enter or run, added up). */
export async function isOpenTo(path: string, as: RunAs, rights: number): Promise<boolean> {
  const { uid, gid, mode } = await stat(path);
  const shift = uid === as.uid ? 6 : gid === as.gid ? 3 : 0;
  return ((mode >> shift) & rights) === rights;
}

function foldersDownTo(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...foldersDownTo(parent), path];
}
