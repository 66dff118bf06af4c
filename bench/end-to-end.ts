// The whole way, sustained: HTTP to queryable in ClickHouse and visible in the profile, on the mixed stream of a million
// people. Load is as much as the door takes; the figure is what was *landed* per second, with what waited at the end, and
// what it cost. The ceiling is chDB's own rate for the same columns, measured before and after in the same run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sendLoad, startMeasuredServer, WRITE_KEY, type MeasuredServer } from "./measured-server.ts";
import { number, plainRow, row, type Row } from "./table.ts";

export async function engineRate(seconds: number): Promise<number> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("engine-rate.ts", import.meta.url)), String(seconds)], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => void (text += chunk.toString()));
  await once(child, "exit");
  return (JSON.parse(text) as { perSecond: number }).perSecond; // Written by our own bench.
}

interface Sent {
  readonly accepted: number;
  readonly perSecond: number;
}

async function sendToAll(server: MeasuredServer, keys: readonly string[], options: EndToEndOptions): Promise<Sent> {
  const results = await Promise.all(keys.map((writeKey, i) => sendLoad(server.port, {
    connections: Math.max(1, 8 / keys.length), batch: 100, seconds: options.seconds, eventsPerSecond: options.eventsPerSecond / keys.length, run: "e2e", seed: i + 1, writeKey,
  })));
  if (results.some(({ statuses }) => Object.keys(statuses).some((status) => !["200", "429"].includes(status)))) throw new Error("The door refused load.");
  const sum = (of: (one: Sent) => number): number => results.reduce((total, one) => total + of(one), 0);
  return { accepted: sum((one) => one.accepted), perSecond: sum((one) => one.perSecond) };
}

interface Sample {
  readonly atSeconds: number;
  readonly decided: number;
  readonly waitingBytes: number;
  readonly memoryBytes: number;
}

/** The write keys of so many workspaces; each has a sequencer of its own. */
async function keysOf(server: MeasuredServer, workspaces: number): Promise<string[]> {
  const keys = [WRITE_KEY];
  while (keys.length < workspaces) keys.push((await server.api<{ key: { write_key: string } }>("/workspaces", { name: `Workspace ${keys.length + 1}` })).key.write_key);
  return keys;
}

interface EndToEndOptions {
  readonly seconds: number;
  /** 0: as fast as the door answers; the pipeline's own pace then shows in what is decided. */
  readonly eventsPerSecond: number;
  readonly workspaces: number;
}

export async function benchEndToEnd(options: EndToEndOptions): Promise<{ rows: Row[]; perSecond: number }> {
  const before = await engineRate(15);
  const server = await startMeasuredServer();
  const samples: Sample[] = [];
  try {
    const first = await server.usage();
    const startMs = performance.now();
    let isSending = true;
    const load = sendToAll(server, await keysOf(server, options.workspaces), options).finally(() => (isSending = false));
    while (isSending) {
      samples.push(await sampleOf(server, startMs));
      await Promise.race([sleep(5_000), load]);
    }
    const result = await load;
    const atEnd = await sampleOf(server, startMs);
    const drainFromMs = performance.now();
    await drained(server, result.accepted);
    const drainSeconds = (performance.now() - drainFromMs) / 1000;
    const last = await server.usage();
    const landed = await server.metric('tributary_pipeline_events_total{outcome="stored"}');
    const disk = await server.diskBytes();
    const perSecond = landed / ((drainFromMs - startMs) / 1000 + drainSeconds);
    const after = await engineRate(15);
    const million = landed / 1e6;
    const half = samples.slice(Math.floor(samples.length / 2));
    return {
      perSecond,
      rows: [
        row(`End to end for ${options.seconds} s, ${options.eventsPerSecond === 0 ? "as much as the door takes" : `${number(options.eventsPerSecond)}/s offered`}, ${options.workspaces === 1 ? "one workspace" : `${options.workspaces} workspaces`}, landed and visible`, "events/s", [perSecond], [before, after], "chDB's insert rate for the same columns", 0.4),
        plainRow("… accepted by the door meanwhile", "events/s", number(result.perSecond), ""),
        plainRow("… waiting when the load ended (of accepted)", "events", `${number(result.accepted - atEnd.decided)} of ${number(result.accepted)}, gone after ${number(drainSeconds)} s`, "no growing backlog"),
        plainRow("… memory of all processes, second half of the run", "MB (PSS)", `${number(Math.min(...half.map((s) => s.memoryBytes)) / 1e6)} to ${number(Math.max(...half.map((s) => s.memoryBytes)) / 1e6)}`, "flat"),
        plainRow("CPU per million events", "s", `${number((last.cpuSeconds - first.cpuSeconds) / million)} (${parts(first.cpuByPart, last.cpuByPart, million)})`, ""),
        plainRow("… of it by thread", "s", parts(first.cpuByThread, last.cpuByThread, million, 0.5), ""),
        plainRow("Disk per million events, log and outbox included", "MB", number(disk / million / 1e6), ""),
        plainRow("Peak memory", "MB (PSS)", number(Math.max(...samples.map((s) => s.memoryBytes)) / 1e6), ""),
      ],
    };
  } finally {
    await server.stop();
  }
}

async function sampleOf(server: MeasuredServer, startMs: number): Promise<Sample> {
  const [decided, waitingBytes, usage] = [
    await server.metric("tributary_pipeline_events_total"), await server.metric("tributary_outbox_bytes"), await server.usage(),
  ];
  return { atSeconds: (performance.now() - startMs) / 1000, decided, waitingBytes, memoryBytes: usage.memoryBytes };
}

async function drained(server: MeasuredServer, accepted: number): Promise<void> {
  for (;;) {
    const decided = await server.metric("tributary_pipeline_events_total");
    if (decided >= accepted && (await server.metric("tributary_outbox_blocks")) === 0) return;
    await sleep(200);
  }
}

function parts(first: Readonly<Record<string, number>>, last: Readonly<Record<string, number>>, million: number, from = 0): string {
  const each = Object.entries(last).map(([part, seconds]) => ({ part, seconds: (seconds - (first[part] ?? 0)) / million }));
  return each.filter(({ seconds }) => seconds >= from).toSorted((a, b) => b.seconds - a.seconds).map(({ part, seconds }) => `${part} ${number(seconds)}`).join(", ");
}
