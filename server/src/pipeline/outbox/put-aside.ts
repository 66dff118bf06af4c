// Tells when ClickHouse has put a part aside that it could not read, at a start or while it runs. What was sent lately may be missing
// then, and is to be verified. It asks for what lies beside the tables, so it sees it of an embedded engine and of a server alike.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "../../core/logger.ts";

export interface PutAsideOptions {
  readonly clickhouse: ClickHouseClient;
  readonly logger: Logger;
  readonly onPutAside: () => void;
  /** How often it asks; by tests. */
  readonly pollMs?: number;
}

const POLL_MS = 5_000;
/** As long as sent blocks stay, and some more for the time between a part's files and its end. */
const LATELY_S = 30 * 60;

/** Tells nothing of what was put aside before. */
export interface PutAsideWatch {
  /** Whether something of the last minutes had been put aside when the watch began; true when nobody can say. */
  readonly wasLately: boolean;
  stop(): Promise<void>;
}

export async function watchPutAside({ clickhouse, logger, onPutAside, pollMs = POLL_MS }: PutAsideOptions): Promise<PutAsideWatch> {
  let known = new Set(await putAside(clickhouse).catch(() => []));
  const wasLately = await putAside(clickhouse, `and modification_time > now() - ${LATELY_S}`).then((names) => names.length > 0, () => true);

  async function look(): Promise<void> {
    const names = await putAside(clickhouse);
    const fresh = names.filter((name) => !known.has(name));
    known = new Set(names);
    if (fresh.length === 0) return;
    logger.warn({ parts: fresh }, "ClickHouse put parts aside that it could not read; what was sent lately is looked for, and sent again where it is missing");
    onPutAside();
  }

  let looking: Promise<void> = Promise.resolve();
  // ClickHouse may be away for a moment, or let nobody see this: then nothing is known to be lost.
  const timer = setInterval(() => (looking = looking.then(look).catch(() => undefined)), pollMs);
  timer.unref();
  return {
    wasLately,
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

async function putAside(clickhouse: ClickHouseClient, more = ""): Promise<string[]> {
  const result = await clickhouse.query({
    query: `select concat(table, '/', name) from system.detached_parts where database = currentDatabase() and startsWith(reason, 'broken') ${more}`,
    format: "JSONCompactEachRow",
  });
  return (await result.json<[string]>()).map(([name]) => name);
}
