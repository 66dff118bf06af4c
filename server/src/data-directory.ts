// What the server keeps in its data directory beside the two engines: the mark of a process at work, and what says that a
// restore was not finished. (The install's secret: install-secret.ts; server.json: local-access.ts.)
import { access, open, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "./core/errors.ts";

/** Present while a process works on the data: a start that finds it follows a kill or a power cut. */
export const UNCLEAN_MARK = "running";
/** Where a restore puts its files until all are there and whole. */
export const RESTORING = "restoring";

/** Whether the last process that worked here may have been killed. Marks that this one works here now. */
export async function markRunning(dataDir: string): Promise<boolean> {
  try {
    await writeFile(join(dataDir, UNCLEAN_MARK), `${process.pid}\n`, { flag: "wx" });
    return false;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return true;
    throw new AppError("data_directory_closed", { detail: `${dataDir} can't be written.`, cause: error });
  }
}

export async function markStopped(dataDir: string): Promise<void> {
  await rm(join(dataDir, UNCLEAN_MARK), { force: true });
}

/** A start on half of a copy would make the other half anew, empty. */
export async function refuseUnfinishedRestore(dataDir: string): Promise<void> {
  if (!(await exists(join(dataDir, RESTORING)))) return;
  throw new AppError("data_directory_closed", {
    detail: `A restore into ${dataDir} was not finished.`, hint: "Run `tributary restore` again; it begins anew.",
  });
}

/** A file for its owner alone: under its name only when whole, and durable before it is used. A power cut leaves it, or what was there before. */
export async function writePrivateFile(dataDir: string, name: string, text: string): Promise<void> {
  const file = join(dataDir, name);
  const unfinished = `${file}.new`;
  await unlink(unfinished).catch(() => undefined);
  const handle = await open(unfinished, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  const folder = await open(dataDir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
