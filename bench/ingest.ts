// Durable ingest against its ceiling, in one run, taking turns: batches of 100 on 8 connections, and single events on 64
// connections. The ceiling does nothing but ingest, so it is held against the door alone (role ingest; the log grows), and
// the whole server, whose pipeline works on the same two cores at the same time, stands beside. Nothing is compared across runs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, sendLoad, startMeasuredServer } from "./measured-server.ts";
import { row, type Row } from "./table.ts";

const ROUNDS = 3;
const SECONDS = 6;

export async function benchIngest(): Promise<Row[]> {
  const server = await startMeasuredServer();
  const door = await startMeasuredServer({ TRIBUTARY_ROLES: "ingest,api" });
  const barePort = await freePort();
  const file = join(process.env["BENCH_DIR"] ?? tmpdir(), `trib-bare-${barePort}.log`);
  const bare = spawn(process.execPath, [fileURLToPath(new URL("bare-server.ts", import.meta.url)), String(barePort), file], { stdio: ["ignore", "pipe", "inherit"] });
  await once(bare.stdout, "data");
  const figures: Record<string, number[]> = {};
  const keep = (name: string, figure: number): void => void (figures[name] ??= []).push(figure);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, port] of [["whole", server.port], ["door", door.port], ["bare", barePort]] as const) {
        const batch = await sendLoad(port, { connections: 8, batch: 100, seconds: SECONDS, eventsPerSecond: 0, run: `${name}b${round}` });
        keep(`${name}Batch`, batch.perSecond);
        const single = await sendLoad(port, { connections: 64, batch: 1, seconds: SECONDS, eventsPerSecond: 0, run: `${name}s${round}` });
        keep(`${name}Single`, single.requests / single.seconds);
        // The pipeline works off what was taken in before the next turn, so that each meets an idle machine.
        await untilIdle(server);
      }
    }
  } finally {
    bare.kill();
    await rm(file, { force: true });
    await server.stop();
    await door.stop();
  }
  const ceiling = "bare node:http, JSON.parse, write, fdatasync";
  return [
    row("Durable ingest, batches of 100, 8 connections: the door alone", "events/s", figures["doorBatch"], figures["bareBatch"], ceiling, 0.6),
    row("… with the pipeline working beside it", "events/s", figures["wholeBatch"], figures["bareBatch"], "the same", 0.6),
    row("Durable ingest, single events, 64 connections: the door alone", "requests/s", figures["doorSingle"], figures["bareSingle"], "the same", 0.6),
    row("… with the pipeline working beside it", "requests/s", figures["wholeSingle"], figures["bareSingle"], "the same", 0.6),
  ];
}

async function untilIdle(server: Awaited<ReturnType<typeof startMeasuredServer>>): Promise<void> {
  for (let before = -1; ; ) {
    const decided = await server.metric("tributary_pipeline_events_total");
    if (decided === before && (await server.metric("tributary_outbox_blocks")) === 0) return;
    before = decided;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
}

