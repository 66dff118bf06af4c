// Brings outcomes from Postgres, where they are decided, to ClickHouse, where they are looked at. A batch that may have landed is
// written again: the same rows are one row there. After a start that follows an unclean end everything that Postgres still keeps is written again.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { Logger } from "../core/logger.ts";
import { NOBODY } from "../core/nobody.ts";
import type { Entry } from "./entry.ts";

export interface DeliveryLog {
  /** Something was committed. */
  poke(): void;
  /** Writes everything that is committed by now; the number of the last of it. */
  catchUp(): Promise<number>;
  stop(): Promise<void>;
}

/** Commits' rows of one insert; each may hold many outcomes. */
const ROWS_AT_ONCE = 1_000;
const REST_MS = 300;
const RETRY_MAX_MS = 30_000;
/** How long outcomes are kept in Postgres once they are written: a power cut may cost ClickHouse what it has only just taken. */
const KEPT = "15 minutes";
const CLEAN_EVERY_MS = 60_000;
/** The request of what went by none. */
export const NO_REQUEST = "00000000-0000-0000-0000-000000000000";

interface Row {
  readonly id: string;
  readonly workspace_id: number;
  readonly destination_id: number;
  readonly stream: string;
  readonly entries: readonly Entry[];
}

export interface DeliveryLogOptions {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly logger: Logger;
  readonly wasUnclean: boolean;
  /** Only `catchUp` does anything: in tests. */
  readonly isManual?: boolean;
}

export function createDeliveryLog({ pool, clickhouse, logger, wasUnclean, isManual }: DeliveryLogOptions): DeliveryLog {
  const stopping = new AbortController();
  let wake = (): void => undefined;
  let isInDoubt = wasUnclean;
  let cleanedAtMs = -Infinity;
  let hasWork = true;
  let stepping: Promise<unknown> = Promise.resolve();

  /** One after another, so that nobody writes what another is writing. The number of the last that was written; undefined: there was nothing. */
  function step(): Promise<number | undefined> {
    const next = stepping.then(write);
    stepping = next.catch(() => undefined);
    return next;
  }

  async function write(): Promise<number | undefined> {
    if (isInDoubt) {
      await pool.query("update delivery_done set logged_at = null where logged_at is not null");
      isInDoubt = false;
    }
    const { rows } = await pool.query<Row>({
      name: "delivery-unlogged",
      text: `select id, workspace_id, destination_id, stream, entries from delivery_done where logged_at is null order by id limit ${ROWS_AT_ONCE}`,
    });
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    const values = rows.flatMap(({ entries, ...of }) => entries.filter(({ outcome }) => outcome !== "parked").map((entry) => rowOf(of, entry)));
    if (values.length > 0) await clickhouse.insert({ table: "deliveries", values, format: "JSONEachRow", clickhouse_settings: { date_time_input_format: "best_effort" } });
    await pool.query({ name: "delivery-logged", text: "update delivery_done set logged_at = now() where id = any($1::bigint[])", values: [rows.map(({ id }) => id)] });
    return Number(last.id);
  }

  async function clean(): Promise<void> {
    if (performance.now() - cleanedAtMs < CLEAN_EVERY_MS) return;
    cleanedAtMs = performance.now();
    await pool.query(
      `delete from delivery_done d where logged_at < now() - interval '${KEPT}'
         and (block = 0 or block < (select c.next_block from delivery_cursor c where c.destination_id = d.destination_id and c.stream = d.stream))`,
    );
  }

  async function run(): Promise<void> {
    let retryMs = REST_MS;
    while (!stopping.signal.aborted) {
      try {
        hasWork = (await step()) !== undefined;
        await clean();
        retryMs = REST_MS;
        if (hasWork) await sleep(REST_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
        else await rested();
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ err: error, retryMs }, "outcomes of deliveries could not be written into ClickHouse; it is tried again");
        await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
      }
    }
  }

  /** Until something is committed, or a while. */
  function rested(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLEAN_EVERY_MS);
    wake = resolve;
    stopping.signal.addEventListener("abort", () => resolve(), { once: true });
    return promise.finally(() => clearTimeout(timer));
  }

  const running = isManual === true ? Promise.resolve() : run();
  return {
    poke: () => wake(),
    async catchUp() {
      const { rows: [row] } = await pool.query<{ last: string }>("select coalesce(max(id), 0) as last from delivery_done");
      const until = Number(row?.last ?? 0);
      // One process writes them, one commit after another, so that none with a smaller number follows.
      for (let at: number | undefined = -1; at !== undefined && at < until; at = await step());
      return until;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function rowOf(of: Omit<Row, "entries">, entry: Entry): object {
  return {
    workspace_id: of.workspace_id, destination_id: of.destination_id, subscription_id: entry.subscriptionId, subscription_version: entry.subscriptionVersion,
    stream: of.stream, run_id: 0, position: entry.position, message_id: entry.messageId, event: entry.event, profile_id: entry.profileId, person_id: entry.personId ?? NOBODY, outcome: entry.outcome,
    code: entry.code, detail: entry.detail, status: entry.status, attempts: entry.attempts, happened_at: new Date(entry.happenedAtMs).toISOString(),
    received_at: new Date(entry.receivedAtMs).toISOString(), finished_at: new Date(entry.finishedAtMs).toISOString(), request_id: entry.requestId ?? NO_REQUEST,
  };
}
