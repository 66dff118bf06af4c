// Where the time goes: one sequencer works off a log of the mixed stream with nothing beside it, under V8's profiler.
// `node bench/sequencer.ts [events]` prints its rate, what each process used per event, and the profile by stage.
import "../server/src/heap-tuning.ts";
import { readFileSync } from "node:fs";
import { Session, type Profiler } from "node:inspector/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../server/src/core/clock.ts";
import { defaultLimits } from "../server/src/core/limits.ts";
import { createLogger } from "../server/src/core/logger.ts";
import { startTestClickHouse, startTestPostgres } from "../server/src/engines/testing.ts";
import { createPostgresLog } from "../server/src/log/postgres-log.ts";
import { startProcessor } from "../server/src/pipeline/process.ts";
import { createStream, defaultStream } from "./stream.ts";

const events = Number(process.argv[2] ?? 100_000);
const logger = createLogger("warn");
const [postgres, clickhouse] = [await startTestPostgres(), await startTestClickHouse()];
const pool = postgres.pool("bench", 12);
const log = await createPostgresLog({ pool, partitions: 1, clock: systemClock, logger });
const next = createStream(defaultStream);
for (let sent = 0; sent < events; sent += 1_000) {
  const receivedAtMs = Date.now();
  await log.append(0, {
    header: { kind: "events", workspaceId: 1, sourceId: 1, receivedAtMs }, events: Array.from({ length: 1_000 }, () => Buffer.from(next(receivedAtMs))),
  });
}

/** Seconds of CPU of a process so far, from /proc/pid/stat. */
function cpuOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function postgresCpu(): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>("select pid from pg_stat_activity");
  return rows.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
}

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.start");
const [startMs, startCpu, startPostgres, startEngine] = [performance.now(), process.cpuUsage(), await postgresCpu(), cpuOf(clickhouse.pid())];
let decided = 0;
const { promise: isDecided, resolve } = Promise.withResolvers<void>();
const processor = await startProcessor({
  pool, clickhouse: clickhouse.client("write"), clickhouseReader: clickhouse.client("evaluate"), log, clock: systemClock, logger, limits: defaultLimits,
  secret: "a secret for a bench, thirty-two bytes", dedupeMaxIds: 1e8, profilesInMemory: 12_000,
  onProgress: (progress) => {
    decided += progress.events;
    if (decided >= events) resolve();
  },
});
await isDecided;
const seconds = (performance.now() - startMs) / 1000;
const { user, system } = process.cpuUsage(startCpu);
const { profile } = await session.post("Profiler.stop");
while (processor.waiting().blocks > 0) await sleep(20);
const perEvent = (cpuSeconds: number): string => `${((cpuSeconds * 1e6) / events).toFixed(1)} µs`;
process.stdout.write(`${Math.round(events / seconds)} events/s decided; CPU per event: sequencer ${perEvent((user + system) / 1e6)}, Postgres ${
  perEvent((await postgresCpu()) - startPostgres)}, chDB ${perEvent(cpuOf(clickhouse.pid()) - startEngine)}\n\n`);
process.stdout.write(byStage(profile));
await processor.stop();
await log.close();
await clickhouse.stop();
await postgres.stop();
process.exit(0);

/** Time of the sequencer's thread under each of these functions, per event; they contain each other as indented. */
function byStage(taken: Profiler.Profile): string {
  const stages = [
    "decodeChunk", "createBatch", "normaliseEvent", "  readPayload", "  extractIdentifiers", "dedupe", "load", "identify", "  resolve", "fold", "addEvents", "addPeople",
    "captureChanges", "  storedDocument", "packBlocks", "commitBatch", "insertBlock", "(garbage collector)", "(idle)",
  ];
  const wanted = new Set(stages.map((stage) => stage.trim()));
  const nodes = new Map(taken.nodes.map((node) => [node.id, node]));
  const parents = new Map(taken.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)));
  const micros = new Map<string, number>();
  (taken.samples ?? []).forEach((id, i) => {
    const seen = new Set<string>();
    for (let node: number | undefined = id; node !== undefined; node = parents.get(node)) {
      const name = nodes.get(node)?.callFrame.functionName ?? "";
      if (wanted.has(name)) seen.add(name);
    }
    for (const name of seen) micros.set(name, (micros.get(name) ?? 0) + (taken.timeDeltas?.[i] ?? 0));
  });
  return stages.map((stage) => `${((micros.get(stage.trim()) ?? 0) / events).toFixed(2).padStart(7)} µs  ${stage}\n`).join("");
}
