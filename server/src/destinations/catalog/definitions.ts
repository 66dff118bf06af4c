// The catalog's definitions as the server reads them: made once by a thread that loads the packages and ends, kept as a file in the
// data directory's cache under the packages' version and a hash of what makes them, one line each. The server's thread reads lines and loads nothing.
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { Logger } from "../../core/logger.ts";
import { packageFolders, packageVersion } from "./definitions/load-package.ts";
import type { FromDefinitionsThread } from "./definitions/thread.ts";

export interface DefinitionsOptions {
  /** The folder `cache` of the data directory: what is in it can be made again. */
  readonly cacheDir: string;
  readonly logger: Logger;
}

const PREFIX = "destinations-";
/** Lines that are read before others get their turn. */
const LINES_AT_ONCE = 10;
/** Loading them all holds about this much, with room. */
const HEAP_MB = 768;
const here = import.meta.dirname;

/** Empty when the packages are not installed: everything else works without them. */
export async function readDefinitions(options: DefinitionsOptions): Promise<readonly DestinationDefinition[]> {
  const folders = packageFolders();
  if (!folders) {
    options.logger.warn("The package @segment/action-destinations is not installed: the catalog shows our own destinations alone. `npm ci` installs it.");
    return [];
  }
  const name = `${PREFIX}${packageVersion(folders)}-${await makersHash()}.ndjson`;
  const lines = await readFile(join(options.cacheDir, name), "utf8").catch(() => undefined) ?? await makeLines(name, options);
  return parseLines(lines);
}

async function parseLines(text: string): Promise<DestinationDefinition[]> {
  const definitions: DestinationDefinition[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    definitions.push(JSON.parse(line) as DestinationDefinition); // Checked by its shape when it was made.
    if (definitions.length % LINES_AT_ONCE === 0) await nextTurn();
  }
  return definitions;
}

/** A change in how definitions are made must not find those of yesterday. */
async function makersHash(): Promise<string> {
  const hash = createHash("sha256");
  const makers = (await readdir(join(here, "definitions"))).filter((file) => file.endsWith(".ts")).sort().map((file) => join(here, "definitions", file));
  for (const file of [...makers, ...["own-marks.ts", "../oauth/vendors.ts", "../oauth/app-settings.ts"].map((name) => join(here, name))]) hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}

async function makeLines(name: string, { cacheDir, logger }: DefinitionsOptions): Promise<string> {
  const made = await inThread();
  if (made.kind === "missing") return "";
  for (const { slug, problem } of made.failed) logger.error({ slug, problem }, "a destination of the catalog could not be read and is left out");
  try {
    await mkdir(cacheDir, { recursive: true });
    // Never half a file: a start that is broken off leaves the name free.
    const half = join(cacheDir, `${PREFIX}${randomUUID()}`);
    await writeFile(half, made.lines);
    await rename(half, join(cacheDir, name));
    for (const old of await readdir(cacheDir)) if (old.startsWith(PREFIX) && old.endsWith(".ndjson") && old !== name) await rm(join(cacheDir, old), { force: true });
  } catch (error) {
    logger.warn({ error }, "the catalog's definitions could not be kept and will be made anew at the next start");
  }
  return made.lines;
}

function inThread(): Promise<FromDefinitionsThread> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./definitions/thread.ts", import.meta.url), { env: {}, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
    thread.once("message", (message: FromDefinitionsThread) => resolve(message));
    thread.once("error", reject);
    thread.once("exit", () => reject(new Error("The thread that reads the catalog ended without an answer.")));
  });
}
