// Sends what audiences wrote into the outbox. The writers may be anywhere (the evaluator in this thread, a request to the API in
// another process), so nothing is handed over: blocks are found in Postgres, a look a moment, sooner when a writer says so.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { audiencePartition } from "../../core/position.ts";
import type { Logger } from "../../core/logger.ts";
import type { Hold } from "../hold.ts";
import { createSender, type Sender } from "./sender.ts";

export interface AudienceSendersOptions {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  /** Of the log. */
  readonly partitions: number;
  readonly logger: Logger;
  readonly lingerMs: number;
  readonly hold?: Hold;
  readonly isInDoubt?: boolean;
  readonly onVerified?: () => void;
  /** How often it is looked for blocks; by tests. */
  readonly pollMs?: number;
}

export interface AudienceSenders {
  readonly senders: readonly Sender[];
  /** Looks for blocks at once: after a commit that wrote some. */
  look(): Promise<void>;
  /** Resolves when everything committed before has landed and is marked. */
  drained(): Promise<void>;
  stop(): Promise<void>;
}

const POLL_MS = 500;
const MEMORY_BYTES_MAX = 16 * 1024 * 1024;

export async function createAudienceSenders(options: AudienceSendersOptions): Promise<AudienceSenders> {
  const { pool, logger } = options;
  const senders = new Map<number, Sender>();
  for (let partition = 0; partition < options.partitions; partition++) {
    const sender = createSender({ ...options, partition: audiencePartition(partition), memoryBytesMax: MEMORY_BYTES_MAX });
    senders.set(audiencePartition(partition), sender);
    await sender.recover();
  }
  /** Partition → the newest block that its sender has. */
  const known = new Map<number, number>();
  const partitions = [...senders.keys()];
  let stopped = false;

  async function look(): Promise<void> {
    const { rows } = await pool.query<{ partition: number; newest: string }>({
      name: "audience-outbox-newest",
      text: "select partition, max(block_id) as newest from ch_outbox where partition = any($1::integer[]) and sent_at is null group by partition",
      values: [partitions],
    });
    for (const { partition, newest } of rows) {
      if (stopped || Number(newest) <= (known.get(partition) ?? -1)) continue;
      await senders.get(partition)?.catchUp();
      known.set(partition, Number(newest));
    }
  }

  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: unknown) => logger.warn({ err: error }, "the outbox of audiences could not be read; it is tried again"));
  }, options.pollMs ?? POLL_MS);
  timer.unref();

  return {
    senders: [...senders.values()],
    look,
    async drained() {
      await look();
      await Promise.all([...senders.values()].map((sender) => sender.drained()));
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await looking;
      await Promise.all([...senders.values()].map((sender) => sender.stop()));
    },
  };
}
