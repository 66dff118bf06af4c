// Kill -9 of any part at any moment, under load, again and again. Afterwards: everything acknowledged is stored exactly once,
// every hop of the ledger adds up, and the state is that of an undisturbed run over the same log.
//
// A few kills by default; KILLS=50 (or TRIBUTARY_KILLS) for the full run, KILL_SEED to repeat one. The figures are printed.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startClickHouse } from "../../server/src/engines/clickhouse/clickhouse.ts";
import { startPostgres } from "../../server/src/engines/postgres/postgres.ts";
import { quietLogger } from "../../server/src/engines/testing.ts";
import { API_TOKEN, startServerProcess, type ServerProcess } from "../server-process.ts";
import { canonicalState, differences, type CanonicalState } from "./canonical-state.ts";
import { randomCall, type Call } from "./random-events.ts";
import { randomSource, type RandomSource } from "./random-source.ts";
import { undisturbedRun } from "./undisturbed-run.ts";

const KILLS = Number(process.env["KILLS"] || process.env["TRIBUTARY_KILLS"] || 6);
const SEED = Number(process.env["KILL_SEED"] || 1);
const SECRET = "the salt of a server that is killed all the time";
const SENDERS = 4;
/** Between two requests of one sender; with 1 to 16 calls a request this makes about 300 events a second. */
const PAUSE_MS = 100;
const TEST_MS = 300_000 + KILLS * 30_000;

const kinds = ["server", "postgres", "clickhouse", "all"] as const;
type Kind = (typeof kinds)[number];

interface Killed {
  readonly kind: Kind;
  /** Until the server said again that it is ready; undefined where the next kill came first. */
  readonly recoveredMs: number | undefined;
}

let server: ServerProcess;
const acknowledged = new Set<string>();
const sent = new Set<string>();
let repeats = 0;
let changes = 0;
let unmerges = 0;
let killed: readonly Killed[] = [];
let state: CanonicalState;
let undisturbed: CanonicalState;

beforeAll(async () => {
  server = await startServerProcess({ isNew: true, env: { TRIBUTARY_SECRET: SECRET, TRIBUTARY_LOG_PARTITIONS: "2", TRIBUTARY_KILLS: "", LOG_LEVEL: "error" } });
  const load = startLoad();
  killed = await killAgainAndAgain(randomSource(SEED));
  await ready();
  // Kills may have come so close behind each other that nobody got to do it.
  while (changes === 0 || unmerges === 0) await sleep(50);
  await load.stop();
  await server.settled();
}, TEST_MS);
afterAll(() => server?.remove());

test("people were edited and taken apart while it went on", () => {
  expect(changes).toBeGreaterThan(0);
  expect(unmerges).toBeGreaterThan(0);
});

test("everything acknowledged is stored exactly once, and nothing that was not sent", { timeout: TEST_MS }, async () => {
  const ledger = await server.api<{ balanced: boolean; imbalances: string[] }>("/ledger?verify=true");
  expect(ledger.imbalances).toEqual([]);
  expect(ledger.balanced).toBe(true);
  await server.stop();
  state = await stateOf(server.dataDir);
  const rows = (state.get("events") ?? []).map((line): { message_id: string; outcome: string } => JSON.parse(line));
  const stored = rows.filter(({ outcome }) => outcome === "stored" || outcome === "quarantined").map(({ message_id: id }) => id);
  const counts = new Map<string, number>();
  for (const id of stored) counts.set(id, (counts.get(id) ?? 0) + 1);
  expect([...acknowledged].filter((id) => !counts.has(id))).toEqual([]);
  // The id of a quarantined event stays free: sent again, it is quarantined again.
  const storedTwice = rows.filter(({ outcome, message_id: id }) => outcome === "stored" && (counts.get(id) ?? 0) > 1);
  expect(storedTwice).toEqual([]);
  expect([...counts.keys()].filter((id) => !sent.has(id))).toEqual([]);
  report(rows.length);
});

test("the state is that of an undisturbed run over the same log", { timeout: TEST_MS }, () => {
  expect(differences(state, undisturbed)).toEqual([]);
  expect(state.get("merge_log")?.length).toBeGreaterThan(KILLS);
});

/** Of the stopped server: its engines are started alone, and its log is run through a fresh pipeline beside. */
async function stateOf(dataDir: string): Promise<CanonicalState> {
  const [postgres, clickhouse] = await Promise.all([startPostgres({ dataDir, logger: quietLogger }), startClickHouse({ dataDir, logger: quietLogger })]);
  try {
    const pool = postgres.pool("kill test", 2);
    undisturbed = await undisturbedRun(pool, { secret: SECRET });
    return await canonicalState(pool, clickhouse.client("evaluate"));
  } finally {
    await Promise.all([postgres.stop(), clickhouse.stop()]);
  }
}

// ── Load ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Senders that repeat a request until it is acknowledged, as SDKs do, and now and then one that was. */
function startLoad(): { stop(): Promise<void> } {
  let isStopped = false;
  const senders = Array.from({ length: SENDERS }, (_, i) => runSender(randomSource(SEED * 1_000 + i), `s${i}`, () => isStopped));
  return {
    async stop() {
      isStopped = true;
      await Promise.all(senders);
    },
  };
}

async function runSender(random: RandomSource, name: string, isStopped: () => boolean): Promise<void> {
  let last: readonly Call[] = [];
  for (let request = 0; !isStopped(); request++) {
    const isSingle = random.oneIn(4);
    const calls = Array.from({ length: isSingle ? 1 : 1 + random.below(16) }, (_, i) => randomCall(random, `${name}-${request}-${i}`));
    await sendUntilAcknowledged(calls);
    if (last.length > 0 && random.oneIn(8)) await sendUntilAcknowledged(last);
    if (random.oneIn(6)) await changeSomebody(random);
    last = calls;
    await sleep(random.below(2 * PAUSE_MS));
  }
}

async function sendUntilAcknowledged(calls: readonly Call[]): Promise<void> {
  for (const call of calls) sent.add(call.messageId);
  const [first] = calls;
  const isSingle = calls.length === 1 && first?.["type"] === "track";
  for (;;) {
    const status = await server.send(isSingle ? "/v1/track" : "/v1/batch", isSingle ? first : { batch: calls }).catch(() => 0);
    if (status === 200) break;
    if (status !== 0 && status !== 429 && status < 500) throw new Error(`The server answered ${status} to a good request.`);
    repeats++;
    await sleep(50);
  }
  for (const call of calls) acknowledged.add(call.messageId);
}

/** A change by control record; whether it was taken is for the log to say. */
async function changeSomebody(random: RandomSource): Promise<void> {
  const person = `/profiles/user_id:u${random.below(60)}`;
  if (random.oneIn(2)) {
    const answer = await ask("PATCH", person, { traits: { tier: random.pick(["gold", "silver"]) } });
    if (answer?.ok) changes++;
    return;
  }
  const found = await ask("GET", `${person}?include=identifiers`);
  const { identifiers = [] } = found?.ok ? ((await found.json().catch(() => ({}))) as { identifiers?: { namespace: string; value: string }[] }) : {};
  const [first, ...others] = identifiers.filter(({ namespace }) => namespace === "anonymous_id");
  if (first === undefined || identifiers.length < 2) return;
  const { namespace, value } = random.pick([first, ...others]);
  const answer = await ask("POST", `${person}/unmerge`, { identifiers: [{ namespace, value }] });
  if (answer?.ok) unmerges++;
}

/** Undefined when nobody answers, which under kills is no fault. */
async function ask(method: string, path: string, body?: unknown): Promise<Response | undefined> {
  return fetch(`${server.url}/api/v1${path}`, {
    method, headers: { authorization: `Bearer ${API_TOKEN}`, "content-type": "application/json" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
}

// ── Kills ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function killAgainAndAgain(random: RandomSource): Promise<Killed[]> {
  const done: Killed[] = [];
  for (let i = 0; done.length < KILLS; i++) {
    await sleep(300 + random.below(1_200));
    const kind = kinds[(i + random.below(2)) % kinds.length] ?? "all";
    const startedMs = performance.now();
    if (!(await kill(kind))) continue;
    // Some kills come while the last one's damage is being repaired.
    if (random.oneIn(5)) {
      await sleep(random.below(300));
      done.push({ kind, recoveredMs: undefined });
      continue;
    }
    await ready();
    done.push({ kind, recoveredMs: performance.now() - startedMs });
  }
  return done;
}

/** False when what was to be killed is down already, or just being started. */
async function kill(kind: Kind): Promise<boolean> {
  let isHit = kind === "server" || kind === "all";
  if (kind === "postgres" || kind === "all") isHit = (await killRecorded("postgres/postmaster.pid", (text) => Number.parseInt(text, 10))) || isHit;
  if (kind === "clickhouse" || kind === "all") isHit = (await killRecorded("clickhouse.pid", (text) => Number((JSON.parse(text) as { pid: number }).pid))) || isHit; // Our own file.
  if (kind === "server" || kind === "all") {
    await server.kill();
    await server.start();
  }
  return isHit;
}

async function killRecorded(file: string, pidIn: (text: string) => number): Promise<boolean> {
  try {
    const pid = pidIn(await readFile(join(server.dataDir, file), "utf8"));
    // Only what runs on this test's own data: process ids are used again.
    const isOurs = (await readFile(`/proc/${pid}/cmdline`, "utf8")).includes(server.dataDir);
    if (isOurs) process.kill(pid, "SIGKILL");
    return isOurs;
  } catch {
    return false;
  }
}

async function ready(): Promise<void> {
  for (;;) {
    const isReady = await fetch(`${server.url}/health/ready`, { signal: AbortSignal.timeout(5_000) }).then((response) => response.ok, () => false);
    if (isReady && (await server.send("/v1/track", { event: "Ready Again", messageId: readyId(), userId: "u0" }).catch(() => 0)) === 200) return;
    await sleep(20);
  }
}

function readyId(): string {
  const id = `ready-${sent.size}`;
  sent.add(id);
  return id;
}

function report(rows: number): void {
  const lines = kinds.map((kind) => {
    const those = killed.filter((one) => one.kind === kind);
    const times = those.flatMap(({ recoveredMs }) => (recoveredMs === undefined ? [] : [recoveredMs])).sort((a, b) => a - b);
    const shown = [times[0], times[Math.floor(times.length / 2)], times.at(-1)].map((ms) => (ms === undefined ? "-" : `${(ms / 1000).toFixed(1)} s`));
    return `  ${kind}: ${those.length} kills, recovered within ${shown.join(" / ")} (least / median / most)`;
  });
  process.stdout.write(
    `Kill anywhere, seed ${SEED}: ${killed.length} kills, ${acknowledged.size} events acknowledged, ${rows} rows, ${repeats} requests repeated, ${changes} edits and ${unmerges} unmerges by hand\n${lines.join("\n")}\n`,
  );
}
