// What goes out: deliveries a second, one by one and in batches, beside events that come in; how long an event takes to a webhook; and what destinations
// that are dead, slow or limited cost those that are well.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sendLoad, startMeasuredServer, type LoadResult, type MeasuredServer } from "./measured-server.ts";
import { trackNameShare } from "./stream.ts";
import { number, type Row } from "./table.ts";

export interface DeliveryWish {
  readonly seconds: number;
  /** Destinations of the run with faults: of 50, 5 are dead, 5 slow, 5 limited, 1 flapping. */
  readonly destinations: number;
}

export const deliveryFull: DeliveryWish = { seconds: 60, destinations: 50 };
export const deliveryQuick: DeliveryWish = { seconds: 15, destinations: 20 };

/** Of the deliveries a second that one webhook was seen to take. */
const LOAD_SHARE = 0.35;

const MAPPING = { data: { at: { "@path": "$.receivedAt" }, who: { "@path": "$.anonymousId" }, event: { "@path": "$.event" }, properties: { "@path": "$.properties" } } };

interface Told {
  readonly path: string;
  readonly requests: number;
  readonly items: number;
  readonly inversions: number;
  readonly p50: number;
  readonly p99: number;
}

interface Vendor {
  readonly port: number;
  ask(word: "read" | "peek" | "heal"): Promise<readonly Told[]>;
  stop(): void;
}

async function startVendor(): Promise<Vendor> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("vendor.ts", import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<{ readonly port: number; readonly told: readonly Told[] }> => JSON.parse(String((await lines.next()).value)); // Ours.
  const { port } = await line();
  return {
    port,
    async ask(word) {
      child.stdin.write(`${word}\n`);
      return (await line()).told;
    },
    stop: () => child.stdin.end(),
  };
}

async function connect(server: MeasuredServer, vendor: Vendor, path: string, action: "send" | "send_batch", names: readonly string[] | undefined): Promise<void> {
  const slug = path.replaceAll("/", "-");
  await server.api("/destinations", { name: path, slug, definition: "signed-webhook", settings: { url: `http://127.0.0.1:${vendor.port}/${path}`, secret: "a-secret-of-the-bench" }, enabled: true });
  await server.api(`/destinations/${slug}/subscriptions`, {
    name: "All", enabled: true, definition: { action, trigger: { kind: "events", ...(names === undefined ? {} : { names }) }, mapping: MAPPING },
  });
}

const open = (): Promise<MeasuredServer> => startMeasuredServer({ OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" });
const load = (server: MeasuredServer, seconds: number, eventsPerSecond: number): Promise<LoadResult> => sendLoad(server.port, { connections: 4, batch: 20, seconds, eventsPerSecond, run: "out" });

/** Deliveries a second while events come in, and how late they are. */
async function throughput(action: "send" | "send_batch", destinations: number, eventsPerSecond: number, { seconds }: DeliveryWish): Promise<{ readonly perSecond: number; readonly p99: number; readonly cpu: number }> {
  const [server, vendor] = [await open(), await startVendor()];
  try {
    for (let i = 0; i < destinations; i++) await connect(server, vendor, `ok/${i}`, action, undefined);
    await sleep(1_500);
    const running = load(server, seconds + 5, eventsPerSecond);
    await sleep(5_000);
    await vendor.ask("read");
    const before = (await server.usage()).cpuSeconds;
    await sleep(seconds * 1_000);
    const told = await vendor.ask("read");
    const cpu = (await server.usage()).cpuSeconds - before;
    await running;
    const items = told.reduce((sum, one) => sum + one.items, 0);
    return { perSecond: items / seconds, p99: Math.max(...told.map((one) => one.p99)), cpu: (cpu / Math.max(1, items)) * 1e6 };
  } finally {
    vendor.stop();
    await server.stop();
  }
}

interface Faults {
  readonly p50: number;
  readonly p99: number;
  readonly inversions: number;
  readonly drainedAfter: number;
  /** What the door took a second, and how long it took to answer, in ms. */
  readonly accepted: number;
  readonly door: number;
}

/** The healthy ones' p99 with and without faults beside them, inversions, and how long the backlog takes once all is well. */
async function faults(wish: DeliveryWish, withFaults: boolean, eventsPerSecond: number): Promise<Faults> {
  const [server, vendor] = [await open(), await startVendor()];
  const share = (part: number): number => Math.max(1, Math.round((wish.destinations * part) / 50));
  const kinds = withFaults ? [...Array<string>(share(5)).fill("dead"), ...Array<string>(share(5)).fill("slow"), ...Array<string>(share(5)).fill("limited"), "flapping"] : [];
  try {
    for (let i = 0; i < wish.destinations; i++) await connect(server, vendor, `${kinds[i] ?? "ok"}/${i}`, "send", ["Order Completed"]);
    await sleep(1_500);
    const { perSecond: accepted, p99: door } = await load(server, wish.seconds, eventsPerSecond);
    const told = await vendor.ask("heal");
    const healthy = told.filter(({ path }) => path.startsWith("/ok/"));
    const most = Math.max(...healthy.map((one) => one.items));
    const startMs = performance.now();
    const isDrained = async (): Promise<boolean> => {
      const now = await vendor.ask("peek");
      return now.length === wish.destinations && now.every((one) => one.items >= most);
    };
    while (!(await isDrained()) && performance.now() - startMs < 400_000) await sleep(250);
    const inversions = (await vendor.ask("peek")).reduce((sum, one) => sum + one.inversions, 0);
    const middle = (of: (one: Told) => number): number => healthy.map(of).toSorted((a, b) => a - b)[Math.floor(healthy.length / 2)] ?? 0;
    return { p50: middle((one) => one.p50), p99: middle((one) => one.p99), inversions, drainedAfter: (performance.now() - startMs) / 1_000, accepted, door };
  } finally {
    vendor.stop();
    await server.stop();
  }
}

export async function benchDelivery(wish: DeliveryWish): Promise<Row[]> {
  const plain = (what: string, unit: string, ours: string, ceiling: string, goal: string): Row => ({ what, unit, ours, ceiling, share: "", goal });
  const say = (text: string): boolean => process.stderr.write(`${text}\n`);
  const batches = await throughput("send_batch", 4, 2_000, wish);
  say(`in batches: ${JSON.stringify(batches)}`);
  const single = await throughput("send", 1, 2_000, wish);
  const halfRate = Math.max(1, Math.min(750, Math.floor(single.perSecond / 2)));
  const half = await throughput("send", 1, halfRate, { seconds: Math.min(20, wish.seconds), destinations: 1 });
  say(`one by one: ${JSON.stringify({ single, half })}`);
  // As many as a third of what this machine delivers: beyond what it can do, healthy ones wait for the machine.
  const rate = Math.max(10, Math.min(200, Math.round((single.perSecond * LOAD_SHARE) / (wish.destinations * trackNameShare()))));
  const well = await faults(wish, false, rate);
  say(`without faults: ${JSON.stringify(well)}`);
  const ill = await faults(wish, true, rate);
  say(`with faults: ${JSON.stringify(ill)}`);
  return [
    plain("deliveries in batches of up to 500, 4 webhooks, beside 2,000 events/s", "1/s", number(batches.perSecond), "", "5,000"),
    plain("  CPU of the server for a million of them, taking in and pipeline included", "s", number(batches.cpu), "", ""),
    plain("deliveries one by one, 1 webhook, beside 2,000 events/s", "1/s", number(single.perSecond), "", "1,500"),
    plain(`  event to webhook at ${halfRate} events/s, p99`, "ms", number(half.p99), "", "2,000 at half load"),
    plain(`${wish.destinations} webhooks, ${rate} events/s: event to a healthy one, p50`, "ms", number(ill.p50), `${number(well.p50)} without faults`, ""),
    plain("  p99", "ms", number(ill.p99), `${number(well.p99)} without faults`, "at most 1.2 times"),
    plain(`  taken in meanwhile, of ${rate} a second`, "1/s", number(ill.accepted), `${number(well.accepted)} without faults`, "within 5 %"),
    plain("  the door's answer to it, p99", "ms", number(ill.door), `${number(well.door)} without faults`, ""),
    plain("  in another order, of one person", "", String(ill.inversions + well.inversions), "", "0"),
    plain("  everything delivered, after all are well again", "s", number(ill.drainedAfter), "", "by itself"),
  ];
}
