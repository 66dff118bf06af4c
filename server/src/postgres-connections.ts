// How many connections to Postgres the parts of a server may have, in one place: together they must stay below what Postgres takes,
// or a busy console would keep events from being written.
import type { Pool } from "pg";
import type { Logger } from "./core/logger.ts";

/** Of a process with every role; each part opens what it needs and no more than this. */
export const connectionsOf = {
  server: 12,
  /** Appends: one for each partition at work, and one to read. */
  log: 6,
  http: 8,
  workspace: 10,
  demoShops: 6,
  /** Of the API, and again of the role `deliver`. Each is held while a vendor is asked for new tokens, so that as many destinations are renewed at once. */
  tokens: 4,
  alerts: 4,
  deliver: 8,
  models: 8,
  modelsWorkspace: 2,
} as const;

const PROCESS_CONNECTIONS_MAX = 100;

/** For each partition one that decides, one that commits and two that send; sequencers that find none free wait for one. */
export function processConnections(partitions: number): number {
  return Math.min(6 + partitions * 4, PROCESS_CONNECTIONS_MAX);
}

/** All of them at once. */
export function connectionsMax(partitions: number): number {
  return Object.values(connectionsOf).reduce((sum, one) => sum + one, 0) + connectionsOf.tokens + processConnections(partitions);
}

/** For a Postgres of somebody's own, of which others may use some besides. */
export async function warnOfFewConnections(pool: Pool, partitions: number, logger: Logger): Promise<void> {
  const { rows } = await pool.query<{ max: number }>("select current_setting('max_connections')::integer as max");
  const [wanted, given] = [connectionsMax(partitions), rows[0]?.max ?? 0];
  if (given > wanted) return;
  logger.warn({ max_connections: given, wanted }, "Postgres takes fewer connections than a busy server may open; raise its max_connections");
}
