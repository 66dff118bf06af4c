// One process at a time has the role `process`, one `deliver`, and one looks after alerts, whatever machine it runs on: a second waits as a stand-by. The lock is a
// session of Postgres's; when that session breaks the role is given up, because another may have it already.
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import type { Logger } from "./core/logger.ts";

/** Any number of ours. */
export const PROCESS_ROLE_LOCK = 7_205_913_002;
/** Held beside it while everything that was sent lately is known to be in ClickHouse, so that every process can see that it is. */
const VERIFIED_LOCK = 7_205_913_003;
const DELIVER_ROLE_LOCK = 7_205_913_004;
const ALERT_ROLE_LOCK = 7_205_913_005;
const ASK_EVERY_MS = 1_000;

export interface RoleLock {
  /** Rejects when the lock was lost. */
  readonly lost: Promise<never>;
  /** Says to all processes whether what was sent lately is known to be in ClickHouse; nobody knows at first, nor once the role is free. */
  tellVerified(isVerified: boolean): void;
  release(): void;
}

/** What holds the role `deliver`. */
export type DeliverRoleLock = Omit<RoleLock, "tellVerified">;

/** Resolves once this process has the role; waits while another has it. */
export async function takeDeliverRole(pool: Pool, logger: Logger): Promise<DeliverRoleLock> {
  const { client, lost } = await takeRole(pool, { name: "deliver", lock: DELIVER_ROLE_LOCK }, logger);
  return { lost, release: () => client.release(true) };
}

/** Resolves once this process looks after alerts; waits while another does, and rejects when `signal` is aborted meanwhile. */
export async function takeAlertRole(pool: Pool, logger: Logger, signal: AbortSignal): Promise<DeliverRoleLock> {
  const { client, lost } = await takeRole(pool, { name: "alerts", lock: ALERT_ROLE_LOCK }, logger, signal);
  return { lost, release: () => client.release(true) };
}

/** Resolves once this process has the role; waits while another has it. */
export async function takeProcessRole(pool: Pool, logger: Logger): Promise<RoleLock> {
  const { client, lost } = await takeRole(pool, { name: "process", lock: PROCESS_ROLE_LOCK }, logger);
  let told = false;
  const tellVerified = (isVerified: boolean): void => {
    if (told === isVerified) return;
    told = isVerified;
    // A connection that fails has lost the role too.
    void client.query(`select ${isVerified ? "pg_advisory_lock" : "pg_advisory_unlock"}($1)`, [VERIFIED_LOCK]).catch(() => undefined);
  };
  return { lost, tellVerified, release: () => client.release(true) };
}

async function takeRole(pool: Pool, role: { readonly name: string; readonly lock: number }, logger: Logger, signal?: AbortSignal): Promise<{ readonly client: PoolClient; readonly lost: Promise<never> }> {
  const client = await pool.connect();
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => undefined);
  client.on("error", (error) => reject(new Error(`The lock of the role \`${role.name}\` was lost with its connection.`, { cause: error })));
  try {
    for (let asked = 0; !(await tryLock(client, role.lock)); asked++) {
      if (asked === 0) logger.warn(`another process has the role \`${role.name}\`; this one waits for it to end`);
      await sleep(ASK_EVERY_MS, undefined, { signal });
    }
  } catch (error) {
    client.release(true);
    throw error;
  }
  return { client, lost };
}

/** Whether a process has the role and knows that all that was sent lately is in ClickHouse. */
export async function isSentVerified(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ is_verified: boolean }>(
    `select exists (select from pg_locks where locktype = 'advisory' and granted and objsubid = 1 and (classid::bigint << 32) + objid::bigint = $1
       and database = (select oid from pg_database where datname = current_database())) as is_verified`,
    [VERIFIED_LOCK],
  );
  return rows[0]?.is_verified ?? false;
}

async function tryLock(client: PoolClient, lock: number): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>("select pg_try_advisory_lock($1) as has", [lock]);
  return rows[0]?.has ?? false;
}
