// One process at a time has the role `process`, whatever machine it runs on: a second waits as a stand-by. The lock is a
// session of Postgres's; when that session breaks the role is given up, because another may have it already.
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import type { Logger } from "./core/logger.ts";

/** Any number of ours. */
export const PROCESS_ROLE_LOCK = 7_205_913_002;
const ASK_EVERY_MS = 1_000;

export interface RoleLock {
  /** Rejects when the lock was lost. */
  readonly lost: Promise<never>;
  release(): void;
}

/** Resolves once this process has the role; waits while another has it. */
export async function takeProcessRole(pool: Pool, logger: Logger): Promise<RoleLock> {
  const client = await pool.connect();
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => undefined);
  client.on("error", (error) => reject(new Error("The lock of the role `process` was lost with its connection.", { cause: error })));
  try {
    for (let asked = 0; !(await tryLock(client)); asked++) {
      if (asked === 0) logger.warn("another process has the role `process`; this one waits for it to end");
      await sleep(ASK_EVERY_MS);
    }
  } catch (error) {
    client.release(true);
    throw error;
  }
  return { lost, release: () => client.release(true) };
}

async function tryLock(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>("select pg_try_advisory_lock($1) as has", [PROCESS_ROLE_LOCK]);
  return rows[0]?.has ?? false;
}
