// The ceiling for the whole way: how many rows a second chDB takes for the same columns, from Node, through the same child
// and the same call, with blocks that were encoded before. Runs in a process of its own: one chDB directory each.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../server/src/core/logger.ts";
import { defaultLimits } from "../server/src/core/limits.ts";
import { rowId } from "../server/src/core/position.ts";
import { startClickHouse } from "../server/src/engines/clickhouse/clickhouse.ts";
import { insertBlock } from "../server/src/engines/clickhouse/insert-block.ts";
import { defaultSourceSettings, defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { createBatch } from "../server/src/pipeline/batch.ts";
import { KnownPaths } from "../server/src/pipeline/known-paths.ts";
import { createBlockBuilder } from "../server/src/pipeline/outbox/block-builder.ts";
import { normalise } from "../server/src/pipeline/stages/normalise-batch.ts";
import { compileRules, type RuleBook } from "../server/src/pipeline/workspace-rules.ts";
import { createStream, defaultStream } from "./stream.ts";

const seconds = Number(process.argv[2] ?? 20);
const ROWS = 20_000;
const BLOCKS = 6;

const rules = compileRules({
  workspaceId: 1, secret: "x".repeat(32), limits: defaultLimits, settings: defaultWorkspaceSettings, sources: { 1: defaultSourceSettings }, paths: new KnownPaths(),
});
const book: RuleBook = { load: () => Promise.resolve(), of: () => rules, forget: () => undefined };
const next = createStream(defaultStream);

async function encodedBlock(number: number): Promise<{ statement: string; body: Buffer }> {
  const nowMs = Date.now();
  const chunks = Array.from({ length: ROWS / 1_000 }, (_, i) => ({
    partition: 0, offset: number * 100 + i,
    records: [{ header: { kind: "events" as const, workspaceId: 1, sourceId: 1, receivedAtMs: nowMs }, events: Array.from({ length: 1_000 }, () => Buffer.from(next(nowMs))) }],
  }));
  const batch = createBatch(0, chunks, nowMs);
  await normalise(batch, book);
  for (const item of batch.events) item.profileId = `00000000-0000-4000-8000-${String(rowId(1, item.received.rowId % 100_000) % 1e12).padStart(12, "0")}`;
  const builder = createBlockBuilder(0, number * 10);
  await builder.addEvents(batch, book, () => []);
  const block = builder.finish().find((one) => one.kind === "insert");
  if (block?.kind !== "insert") throw new Error("No block was made.");
  return { statement: block.statement, body: block.body };
}

const blocks = await Promise.all(Array.from({ length: BLOCKS }, (_, i) => encodedBlock(i)));
const dataDir = await mkdtemp(join(process.env["BENCH_DIR"] ?? tmpdir(), "trib-engine-"));
const clickhouse = await startClickHouse({ dataDir, logger: createLogger("silent") });
const client = clickhouse.client("write");
await insertBlock(client, blocks[0]!); // A warm-up; there are BLOCKS of them.
const startMs = performance.now();
let rows = 0;
for (let i = 0; performance.now() - startMs < seconds * 1000; i++) {
  await insertBlock(client, blocks[i % BLOCKS]!);
  rows += ROWS;
}
const perSecond = rows / ((performance.now() - startMs) / 1000);
await clickhouse.stop();
await rm(dataDir, { recursive: true, force: true });
process.stdout.write(JSON.stringify({ perSecond }));
process.exit(0);
