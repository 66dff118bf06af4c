// For tests of the pipeline: real engines, a real log and a running processor, driven by appending records.
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { ControlAction } from "@tributary/schema/control.ts";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import { defaultLimits } from "../core/limits.ts";
import { systemClock } from "../core/clock.ts";
import { createLogger } from "../core/logger.ts";
import { quietLogger, startTestClickHouse, startTestPostgres } from "../engines/testing.ts";
import { identifierKey } from "../identity/identity.ts";
import { createPostgresLog, type PostgresLog } from "../log/postgres-log.ts";
import { startProcessor, type Processor, type ProcessOptions } from "./process.ts";
import { READER } from "./sequencer.ts";

export const SECRET = "a secret of at least thirty-two bytes";
const PARTITION = 0;

export interface StoredEvent {
  readonly position: string;
  readonly event: string;
  readonly type: string;
  readonly message_id: string;
  readonly outcome: string;
  readonly reason: string;
  readonly ingest_profile_id: string;
  /** Resolved through the overrides: the person now. */
  readonly owner: string;
  readonly raw: string;
}

export interface TestPipeline {
  readonly postgres: Awaited<ReturnType<typeof startTestPostgres>>;
  readonly pool: pg.Pool;
  readonly log: PostgresLog;
  readonly clickhouse: Awaited<ReturnType<typeof startTestClickHouse>>;
  readonly options: ProcessOptions;
  /** Appends one request with these calls (workspace 1, source 1 unless the header says otherwise) and waits until they landed. */
  send(calls: readonly object[], header?: Partial<EventsHeader>): Promise<void>;
  /** Appends a control record and waits until it was acted on and landed. */
  control(action: ControlAction, workspaceId?: number): Promise<void>;
  settled(): Promise<void>;
  person(namespace: string, value: string, workspaceId?: number): Promise<(ProfileDocument & { readonly id: string }) | undefined>;
  events(where?: string): Promise<StoredEvent[]>;
  restart(): Promise<void>;
  /** Does something while nothing is processed. */
  paused(action: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestPipeline(changes: Partial<ProcessOptions> = {}): Promise<TestPipeline> {
  const [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  const pool = postgres.pool("test", 12);
  const log = await createPostgresLog({ pool, partitions: 2, clock: systemClock, logger: quietLogger });
  const options: ProcessOptions = {
    pool, clickhouse: clickhouse.client("write"), clickhouseReader: clickhouse.client("evaluate"), log, clock: systemClock,
    logger: createLogger(process.env["TEST_LOG"] ?? "silent"), limits: defaultLimits, secret: SECRET, dedupeMaxIds: 1e6, profilesInMemory: 1_000,
    wasUnclean: false, onProgress: () => undefined, tuning: { lingerMs: 5, batchIntervalMs: 1 }, ...changes,
  };
  let processor: Processor = await startProcessor(options);

  async function settled(): Promise<void> {
    for (;;) {
      const { rows } = await pool.query<{ behind: boolean; unsent: string }>(
        `select exists (select from log_head h left join log_offset o on o.partition = h.partition and o.reader = $1 where h.next_offset > coalesce(o.next_offset, 0)) as behind,
           (select count(*) from ch_outbox where sent_at is null) as unsent`, [READER],
      );
      if (rows[0] && !rows[0].behind && rows[0].unsent === "0") return;
      await sleep(10);
    }
  }

  return {
    postgres, pool, log, clickhouse, options, settled,
    async send(calls, header = {}) {
      const events = calls.map((call) => Buffer.from(JSON.stringify(call)));
      await log.append(PARTITION, { header: { kind: "events", workspaceId: 1, sourceId: 1, receivedAtMs: Date.now(), ...header }, events });
      await settled();
    },
    async control(action, workspaceId = 1) {
      await log.append(PARTITION, { header: { kind: "control", workspaceId, receivedAtMs: Date.now(), actor: "test", action }, events: [] });
      await settled();
    },
    async person(namespace, value, workspaceId = 1) {
      const { rows } = await pool.query<{ id: string; doc: ProfileDocument }>(
        `select p.id, p.doc from identifier i join profile p on p.id = i.profile_id where i.key = $1 and p.merged_into is null and not p.suppressed`,
        [identifierKey(SECRET, workspaceId, namespace, value)],
      );
      return rows[0] && { ...rows[0].doc, id: rows[0].id };
    },
    async events(where = "1") {
      const result = await clickhouse.client("api").query({
        query: `select toString(e.row_id) as position, event, type, message_id, outcome, reason, ingest_profile_id,
            coalesce(o.survivor_id, e.profile_id) as owner, raw
          from events e left any join (select workspace_id, profile_id, survivor_id from profile_override final) o
            on o.workspace_id = e.workspace_id and o.profile_id = e.profile_id
          where ${where} order by e.row_id`,
        format: "JSONEachRow", clickhouse_settings: { join_use_nulls: 1 },
      });
      return result.json<StoredEvent>();
    },
    async restart() {
      await processor.stop();
      processor = await startProcessor(options);
    },
    async paused(action) {
      await processor.stop();
      await action();
      processor = await startProcessor(options);
    },
    async stop() {
      await processor.stop();
      await log.close();
      await clickhouse.stop();
      await postgres.stop();
    },
  };
}
