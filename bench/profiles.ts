// The profile API over a million people while events come in, and how soon an event is visible in a profile.
import { setTimeout as sleep } from "node:timers/promises";
import { createLeanClient, type LeanClient } from "./http-client.ts";
import { API_TOKEN, sendLoad, startMeasuredServer, WRITE_KEY, type MeasuredServer } from "./measured-server.ts";
import { seededRandom } from "./stream.ts";
import { median, number, plainRow, type Row } from "./table.ts";

interface Answers {
  readonly latenciesMs: number[];
  readonly statuses: Record<string, number>;
}

/** Open loop: requests start on schedule whatever the answers do, and latency counts from the schedule. */
async function openLoop(perSecond: number, seconds: number, once: () => Promise<number>): Promise<Answers> {
  const answers: Answers = { latenciesMs: [], statuses: {} };
  const startMs = performance.now();
  const running = new Set<Promise<void>>();
  for (let i = 0; i < perSecond * seconds; i++) {
    const dueMs = startMs + (i / perSecond) * 1000;
    while (performance.now() < dueMs) await sleep(Math.max(0, Math.floor(dueMs - performance.now())));
    const one = once().then((status) => {
      answers.latenciesMs.push(performance.now() - dueMs);
      answers.statuses[status] = (answers.statuses[status] ?? 0) + 1;
    });
    running.add(one);
    void one.finally(() => running.delete(one));
  }
  await Promise.all(running);
  answers.latenciesMs.sort((a, b) => a - b);
  return answers;
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** One identify for each of `people`, the ids that the mixed stream uses. */
async function seedPeople(server: MeasuredServer, people: number): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}`;
  for (let from = 0; from < people; ) {
    const bodies = Array.from({ length: 8 }, () => {
      const calls: string[] = [];
      for (let i = 0; i < 500 && from < people; i++, from++) {
        calls.push(JSON.stringify({
          type: "identify", messageId: `seed-${from}`, userId: `user-${from}`, anonymousId: `a5d2c3e1-9b47-4c60-8f13-${String(from).padStart(12, "0")}`,
          traits: { email: `person.${from}@example.com`, plan: "pro", city: "Oslo", lastName: `Name ${from}` },
        }));
      }
      return `{"batch":[${calls.join(",")}]}`;
    });
    await Promise.all(bodies.map(async (body) => {
      for (;;) {
        const response = await fetch(`${server.url}/v1/batch`, { method: "POST", headers: { authorization }, body });
        await response.arrayBuffer();
        if (response.status === 200) return;
        await sleep(500);
      }
    }));
    if (from % 100_000 < 4_000) process.stderr.write(`  ${from} people sent\n`);
  }
  while ((await server.metric("tributary_pipeline_events_total")) < people || (await server.metric("tributary_outbox_blocks")) > 0) await sleep(1_000);
}

export async function benchProfiles(options: { readonly people: number; readonly seconds: number; readonly halfLoad: number }): Promise<Row[]> {
  const server = await startMeasuredServer();
  const client = createLeanClient(server.port, 64, [`Authorization: Bearer ${API_TOKEN}`]);
  try {
    await seedPeople(server, options.people);
    const random = seededRandom(7);
    const anyone = (): string => `user_id:user-${Math.floor(random() * options.people)}`;
    await openLoop(1_000, 15, () => client.get(`/api/v1/profiles/${anyone()}`));

    const load = sendLoad(server.port, { connections: 4, batch: 20, seconds: options.seconds + 6, eventsPerSecond: 2_000, people: options.people, run: "pr" });
    await sleep(3_000);
    const plain = await openLoop(2_000, options.seconds, () => client.get(`/api/v1/profiles/${anyone()}`));
    await load;
    const withEvents = await openLoop(50, Math.min(20, options.seconds), () => client.get(`/api/v1/profiles/${anyone()}?include=events`));
    const beyond = await openLoop(150, 10, () => client.get(`/api/v1/profiles/${anyone()}?include=events`));
    const fresh = await freshness(server, client, options.halfLoad);
    await sleep(20_000);
    const idleFrom = await server.usage();
    await sleep(20_000);
    const idle = (await server.usage()).cpuSeconds - idleFrom.cpuSeconds;
    return [
      plainRow(`Profile by identifier, ${options.people / 1e6} M people, 2,000 requests/s, 2,000 events/s coming in`, "ms", latencies(plain), "p99 < 5"),
      plainRow("… with include=events, 50 requests/s", "ms", latencies(withEvents), "p99 < 150"),
      plainRow("… with include=events, 150 requests/s", "answers", JSON.stringify(beyond.statuses), "429 beyond"),
      plainRow(`Event to visible profile at half load (${number(options.halfLoad)} events/s)`, "ms", fresh, "p99 < 500"),
      plainRow("Idle, all processes", "% of a core", number((idle / 20) * 100), "< 2"),
    ];
  } finally {
    client.close();
    await server.stop();
  }
}

function latencies({ latenciesMs, statuses }: Answers): string {
  const others = Object.entries(statuses).filter(([status]) => status !== "200").map(([status, count]) => `${count}× ${status}`).join(", ");
  return `p50 ${number(at(latenciesMs, 0.5))}, p95 ${number(at(latenciesMs, 0.95))}, p99 ${number(at(latenciesMs, 0.99))}, max ${number(latenciesMs.at(-1) ?? Number.NaN)}${others === "" ? "" : ` (${others})`}`;
}

/** From sending a single identify to its trait being in the profile, asked every 5 ms, while load runs. */
async function freshness(server: MeasuredServer, client: LeanClient, eventsPerSecond: number): Promise<string> {
  const load = sendLoad(server.port, { connections: 4, batch: 50, seconds: 40, eventsPerSecond, run: "fr" });
  await sleep(5_000);
  const timesMs: number[] = [];
  const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}`;
  for (let i = 0; i < 150; i++) {
    const startMs = performance.now();
    await (await fetch(`${server.url}/v1/identify`, { method: "POST", headers: { authorization }, body: JSON.stringify({ userId: `fresh-${i}`, traits: { n: i } }) })).arrayBuffer();
    while ((await client.get(`/api/v1/profiles/user_id:fresh-${i}`)) !== 200) await sleep(5);
    timesMs.push(performance.now() - startMs);
    await sleep(50);
  }
  await load;
  timesMs.sort((a, b) => a - b);
  return `p50 ${number(median(timesMs))}, p99 ${number(at(timesMs, 0.99))}, max ${number(timesMs.at(-1) ?? Number.NaN)}`;
}
