// The official SDKs for Node, as published, against a server that is killed again and again in the middle of a flush. All
// send at the same time, each through a wire of its own; every kill is carried out in the middle of a request of one of
// them, and all have to live through it. Afterwards each messageId is stored exactly once.
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { jitsuAnalytics } from "@jitsu/js";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { Analytics as SegmentAnalytics, type Context } from "@segment/analytics-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerProcess, WRITE_KEY, type ServerProcess } from "../server-process.ts";
import { expectStoredOnce, markOf, receivedEvents, stepsOf, stepsTo, traitsOf, type ReceivedEvent } from "./received-events.ts";
import { startWire, type Moment, type Wire } from "./wire.ts";

/** Lives of the server: one more than kills. */
const STEPS_PER_LIFE = 12;
/** Whose request each kill comes in the middle of. */
const kills: readonly { readonly of: SdkName; readonly moment: Moment }[] = [
  { of: "segment", moment: "answer" },
  { of: "rudder", moment: "answer" },
  { of: "segment", moment: "body" },
  { of: "jitsu", moment: "answer" },
];
const steps = stepsTo(STEPS_PER_LIFE * (kills.length + 1));
/** The last call, made when all others are delivered. */
const lastStep = steps.length;

type SdkName = "segment" | "rudder" | "jitsu" | "jitsuAlone";

interface Sender {
  /** One call to the SDK, which answers at once. */
  call(step: number): void;
  /** Resolves when the SDK has reported on every call so far. */
  finish(): Promise<void>;
  /** The messageIds that it reported as delivered. */
  readonly delivered: ReadonlySet<string>;
  readonly failures: readonly unknown[];
}

let server: ServerProcess;
let events: ReceivedEvent[];
const wires = new Map<SdkName, Wire>();
const senders = new Map<SdkName, Sender>();

const eventsOf = (sdk: SdkName): ReceivedEvent[] => events.filter((event) => markOf(event).by === sdk);

beforeAll(async () => {
  server = await startServerProcess();
  for (const [sdk, start] of Object.entries({ segment, rudder, jitsu, jitsuAlone }) as [SdkName, (url: string) => Sender][]) { // Object.entries forgets the keys.
    const wire = await startWire(server);
    wires.set(sdk, wire);
    senders.set(sdk, start(wire.url));
  }
  const left = [...steps];
  const callSome = () => {
    for (const step of left.splice(0, STEPS_PER_LIFE)) for (const sender of senders.values()) sender.call(step);
  };
  // New calls in every life of the server: by themselves SDKs wait longer and longer between repeats.
  for (const { of, moment } of kills) {
    const restarted = wires.get(of)?.killDuring(moment, 1);
    callSome();
    await restarted;
  }
  callSome();
  await finishAll();
  for (const sender of senders.values()) sender.call(lastStep);
  await finishAll();
  events = await receivedEvents(server);
});

afterAll(async () => {
  for (const wire of wires.values()) await wire.close();
  await server?.remove();
});

async function finishAll(): Promise<void> {
  await Promise.all([...senders.values()].map((sender) => sender.finish()));
}

describe.each([
  { title: "@segment/analytics-node", sdk: "segment", types: ["alias", "group", "identify", "page", "screen", "track"] },
  { title: "@rudderstack/rudder-sdk-node", sdk: "rudder", types: ["alias", "group", "identify", "page", "screen", "track"] },
  { title: "@jitsu/js with a fetch that repeats", sdk: "jitsu", types: ["group", "identify", "page", "track"] },
] as const)("$title", ({ sdk, types }) => {
  test("delivers every call exactly once through kills in mid-flush", () => {
    const sent = eventsOf(sdk);
    expect(senders.get(sdk)?.failures).toEqual([]);
    expect(stepsOf(sent)).toEqual([...steps, lastStep]);
    // A kill at an answer costs a repeat; without one it would not have been in mid-flush.
    expect(expectStoredOnce(sent)).toBeGreaterThan(0);
    expect([...new Set(sent.map(({ type }) => type))].sort()).toEqual(types);
  });

  test("has stored whatever it reported as delivered", () => {
    expect(senders.get(sdk)?.delivered).toEqual(new Set(eventsOf(sdk).map(({ messageId }) => messageId)));
  });

  test("has made the person that its calls describe", async () => {
    expect(await traitsOf(server, `user_id:${sdk}`)).toMatchObject({ email: `${sdk}@example.com`, plan: "pro", step: lastStep });
    if (sdk !== "jitsu") expect(await traitsOf(server, `user_id:${sdk}-before`)).toMatchObject({ email: `${sdk}@example.com` });
  });
});

describe("@jitsu/js left alone, which never repeats a request", () => {
  test("has stored once what was acknowledged, and at most once what it reported as failed", () => {
    const sender = senders.get("jitsuAlone");
    const sent = eventsOf("jitsuAlone");
    expect(expectStoredOnce(sent)).toBe(0);
    const stored = new Set(sent.map(({ messageId }) => messageId));
    expect([...sender?.delivered ?? []].filter((messageId) => !stored.has(messageId))).toEqual([]);
    expect(sender?.failures.length).toBeGreaterThan(0);
    expect((sender?.delivered.size ?? 0) + (sender?.failures.length ?? 0)).toBe(steps.length + 1);
    expect(new Set(stepsOf(sent)).size).toBe(sent.length);
  });
});

function segment(host: string): Sender {
  const delivered = new Set<string>();
  const failures: unknown[] = [];
  const analytics = new SegmentAnalytics({ writeKey: WRITE_KEY, host, flushAt: 4, flushInterval: 200 });
  const noted = (error: unknown, context?: Context) => {
    const failure = error ?? context?.failedDelivery();
    if (failure || !context?.event.messageId) failures.push(failure);
    else delivered.add(context.event.messageId);
  };
  const userId = "segment";
  return {
    delivered, failures,
    call(step) {
      const mark = { step, by: "segment" };
      if (step % 6 === 0) analytics.identify({ userId, traits: { email: "segment@example.com", plan: "pro", ...mark } }, noted);
      else if (step % 6 === 1) analytics.track({ userId, event: "Viewed", properties: mark }, noted);
      else if (step % 6 === 2) analytics.page({ userId, name: "Home", properties: mark }, noted);
      else if (step % 6 === 3) analytics.screen({ userId, name: "Start", properties: mark }, noted);
      else if (step % 6 === 4) analytics.group({ userId, groupId: "acme", traits: mark }, noted);
      else analytics.alias({ userId, previousId: "segment-before", context: mark }, noted);
    },
    finish: () => analytics.flush(),
  };
}

function rudder(dataPlaneUrl: string): Sender {
  const delivered = new Set<string>();
  const failures: unknown[] = [];
  const analytics = new RudderAnalytics(WRITE_KEY, {
    dataPlaneUrl, flushAt: 3, flushInterval: 100, logLevel: "none", errorHandler: (error: unknown) => failures.push(error),
    // By default it repeats three times within a second and gives up; an outage lasts longer.
    retryCount: 200, axiosRetryConfig: { retryDelay: () => 200 },
  });
  let called = 0;
  /** It hands its callbacks the body that it sent, compressed. */
  const noted = (error?: unknown, body?: Buffer) => {
    if (error || !body) return void failures.push(error);
    const { batch } = JSON.parse(gunzipSync(body).toString()) as { batch: { messageId: string }[] }; // Written by the SDK.
    for (const { messageId } of batch) delivered.add(messageId);
  };
  const userId = "rudder";
  return {
    delivered, failures,
    call(step) {
      called += 1;
      const mark = { step, by: "rudder" };
      if (step % 6 === 0) analytics.identify({ userId, traits: { email: "rudder@example.com", plan: "pro", ...mark } }, noted);
      else if (step % 6 === 1) analytics.track({ userId, event: "Viewed", properties: mark }, noted);
      else if (step % 6 === 2) analytics.page({ userId, name: "Home", properties: mark }, noted);
      else if (step % 6 === 3) analytics.screen({ userId, name: "Start", properties: mark }, noted);
      else if (step % 6 === 4) analytics.group({ userId, groupId: "acme", traits: mark }, noted);
      else analytics.alias({ userId, previousId: "rudder-before", context: mark }, noted);
    },
    async finish() {
      while (delivered.size < called && failures.length === 0) await sleep(50);
    },
  };
}

function jitsu(host: string): Sender {
  return jitsuWith(host, "jitsu", repeatingFetch);
}

function jitsuAlone(host: string): Sender {
  return jitsuWith(host, "jitsuAlone", fetch);
}

function jitsuWith(host: string, userId: SdkName, send: typeof fetch): Sender {
  const delivered = new Set<string>();
  const failures: unknown[] = [];
  const calls: Promise<unknown>[] = [];
  const analytics = jitsuAnalytics({
    host, s2s: true, errorPolicy: (message: string) => failures.push(message),
    // It takes only keys of the form id:secret; ours stands before the colon.
    writeKey: `${WRITE_KEY}:anything`,
    // It tells nobody which of its calls succeeded.
    fetch: async (input, init) => {
      const response = await send(input, init);
      const { messageId } = JSON.parse(String(init?.body)) as { messageId: string }; // Written by the SDK.
      if (response.ok) delivered.add(messageId);
      return response;
    },
  });
  const email = `${userId}@example.com`;
  return {
    delivered, failures,
    call(step) {
      const mark = { step, by: userId };
      if (step % 4 === 0) calls.push(analytics.identify(userId, { email, plan: "pro", ...mark }));
      else if (step % 4 === 1) calls.push(analytics.track("Viewed", mark));
      else if (step % 4 === 2) calls.push(analytics.page("Home", mark));
      else calls.push(analytics.group("acme", mark));
    },
    async finish() {
      await Promise.all(calls);
    },
  };
}

/** Repeats what met no server until it meets one. The SDK has written the body by then, so a repeat has the same messageId. */
async function repeatingFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  for (;;) {
    const response = await fetch(input, init).catch(() => undefined);
    if (response !== undefined && response.status < 500) return response;
    await sleep(200);
  }
}
