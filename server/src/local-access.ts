// server.json: where the command line on this machine finds the server, and a token for it. Both live as long as the server:
// a clean stop takes them away, and a start takes away what a killed one left. Only the token that this data directory's own
// file names is ever revoked, so that several processes on one database leave each other's alone.
import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { scope } from "@tributary/schema/api/answer-parts.ts";
import { createToken, hashSecret } from "./governance/governance.ts";

const NAME = "server.json";
const REVOKE_WITHIN_MS = 3_000;
const TOKEN_NAME = "Command line on this machine";

export interface LocalAccess {
  /** Takes the file away and revokes its token. */
  remove(): Promise<void>;
}

/** `places`: what else stands in the file. */
export async function openLocalAccess(options: {
  readonly dataDir: string; readonly pool: Pool; readonly workspaceId: number; readonly places: object;
}): Promise<LocalAccess> {
  const { dataDir, pool, workspaceId, places } = options;
  const file = join(dataDir, NAME);
  await removeAccess(file, pool);
  const secret = `trib_local_${randomBytes(24).toString("base64url")}`;
  // The file before the token: whatever a kill leaves behind, no token is valid that no file names.
  await writeFile(file, `${JSON.stringify({ ...places, localToken: secret }, null, 2)}\n`, { flag: "wx", mode: 0o600 });
  const client = await pool.connect();
  try {
    await createToken(client, { workspaceId, name: TOKEN_NAME, scopes: scope.options, secret });
  } finally {
    client.release();
  }
  return { remove: () => removeAccess(file, pool) };
}

/** The file goes first: without the database its token is as good as gone, too. */
async function removeAccess(file: string, pool: Pool): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => "");
  await rm(file, { force: true });
  const token = /"localToken":\s*"([^"]+)"/.exec(text)?.[1];
  if (token === undefined) return;
  const revoked = pool.query("update api_token set revoked_at = now() where token_hash = $1 and revoked_at is null", [hashSecret(token)]);
  // A database that does not answer must not hold up a stop.
  await Promise.race([revoked, sleep(REVOKE_WITHIN_MS, undefined, { ref: false })]);
}
