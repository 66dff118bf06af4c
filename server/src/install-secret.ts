// The install's secret: salt of identifier keys, seal of sources' secrets. It lies outside both databases, is made once, and
// is on disk before anything is keyed by it. A database knows which secret it was filled under by a hash of it, so that a
// process with another one never writes people who can't be found again.
import { hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Pool } from "pg";
import { AppError } from "./core/errors.ts";
import { writePrivateFile } from "./data-directory.ts";

const LENGTH_MIN = 32;

export interface InstallSecretOptions {
  /** Locked by the caller: nobody else makes a secret here. */
  readonly dataDir: string;
  /** TRIBUTARY_SECRET; then the file is neither read nor made. */
  readonly given: string | undefined;
  /** Connections as the owner of the tables. */
  readonly pool: Pool;
}

/** The secret, made on the first start. Throws AppError invalid_config when it is not the one of the database. */
export async function installSecret({ dataDir, given, pool }: InstallSecretOptions): Promise<string> {
  const file = join(dataDir, "secret");
  const found = given ?? (await readSecret(file));
  const check = await readCheck(pool);
  if (found === undefined && check !== undefined) throw otherSecret(`The data directory has no file \`secret\`.`, dataDir);
  const secret = found ?? (await makeSecret(dataDir));
  const kept = check ?? (await keepCheck(pool, checkOf(secret)));
  if (timingSafeEqual(kept, checkOf(secret))) return secret;
  // Two first starts at once on one database: the other one's secret counts.
  if (found === undefined) await rm(file, { force: true });
  throw otherSecret(given === undefined ? `The file ${file} holds another one.` : "TRIBUTARY_SECRET is another one.", dataDir);
}

function otherSecret(what: string, dataDir: string): AppError {
  return new AppError("invalid_config", {
    detail: `The database was filled under the secret of another data directory. ${what}`,
    hint: `Copy the file \`secret\` of the first data directory to ${dataDir}, or set TRIBUTARY_SECRET to its content in both.`,
  });
}

/** Says nothing about the secret to who has no secret to compare. */
function checkOf(secret: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", "check of the install secret", 32));
}

async function readCheck(pool: Pool): Promise<Buffer | undefined> {
  const { rows } = await pool.query<{ secret_check: Buffer }>("select secret_check from install");
  return rows[0]?.secret_check;
}

/** The check that stands in the database then: the first one stays. */
async function keepCheck(pool: Pool, check: Buffer): Promise<Buffer> {
  await pool.query("insert into install (secret_check) values ($1) on conflict do nothing", [check]);
  return (await readCheck(pool)) ?? check;
}

async function readSecret(file: string): Promise<string | undefined> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const secret = text.trim();
  if (secret.length >= LENGTH_MIN) return secret;
  throw new AppError("invalid_config", { detail: `The file ${file} is damaged.`, hint: "Restore it from a copy: identifiers can't be found without it." });
}

async function makeSecret(dataDir: string): Promise<string> {
  const secret = randomBytes(32).toString("base64url");
  await writePrivateFile(dataDir, "secret", `${secret}\n`);
  return secret;
}
