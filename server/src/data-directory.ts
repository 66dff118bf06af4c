// What the server keeps in its data directory beside the two engines: the mark of a process at work, the install's secret,
// and what says that a restore was not finished.
import { randomBytes } from "node:crypto";
import { access, readFile, rm, writeFile } from "node:fs/promises";
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

/** The salt of identifier keys: outside both databases, made once. */
export async function installSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, "secret");
  try {
    await writeFile(file, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const secret = (await readFile(file, "utf8")).trim();
  if (secret.length < 32) {
    throw new AppError("invalid_config", {
      detail: `The file ${file} is damaged.`, hint: "Restore it from a copy: identifiers can't be found without it.",
    });
  }
  return secret;
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

export function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
