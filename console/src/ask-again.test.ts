// Reads that are refused for now, on a server that answers what the test has put down. Waits are noted instead of waited for.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { askAgain, patienceLimits, realPatience, retryAfterSeconds, type Patience } from "./ask-again.ts";

interface Answer {
  readonly status: number;
  readonly retryAfter?: string;
}

const answers: Answer[] = [];
let asked = 0;
const server = createServer((_request, response) => {
  asked++;
  const { status, retryAfter } = answers.shift() ?? { status: 200 };
  response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end(JSON.stringify({ status, asked }));
});
let url = "";
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on a port.
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answers.length = 0;
  asked = 0;
});

const refused = (retryAfter?: string): Answer => ({ status: 429, ...(retryAfter === undefined ? {} : { retryAfter }) });

interface Seen {
  readonly status: number;
  readonly asked: number;
  readonly waitedMs: readonly number[];
}

async function askWith(planned: readonly Answer[], chance = 0): Promise<Seen> {
  answers.splice(0, answers.length, ...planned);
  asked = 0;
  const waitedMs: number[] = [];
  const patience: Patience = { chance: () => chance, pause: async (ms) => void waitedMs.push(ms) };
  const response = await askAgain(() => fetch(url), undefined, patience);
  // What was answered last can still be read.
  expect(await response.json()).toEqual({ status: response.status, asked });
  return { status: response.status, asked, waitedMs };
}

test("a read that is refused for now is asked again when the server says, and the answer is that of the last try", async () => {
  expect(await askWith([])).toEqual({ status: 200, asked: 1, waitedMs: [] });
  expect(await askWith([refused("1"), refused("4")])).toEqual({ status: 200, asked: 3, waitedMs: [1_000, 4_000] });
  expect(await askWith([refused("2"), { status: 404 }])).toEqual({ status: 404, asked: 2, waitedMs: [2_000] });
});

test("it comes back later than it was told, and never sooner", async () => {
  expect((await askWith([refused("10")], 0.5)).waitedMs).toEqual([12_500]);
});

test("what goes on being refused is told after a few tries", async () => {
  expect(await askWith([refused("1"), refused("1"), refused("1"), refused("1")])).toEqual({ status: 429, asked: 3, waitedMs: [1_000, 1_000] });
});

test("a wait that would be too long is not begun", async () => {
  expect(await askWith([refused("31")])).toEqual({ status: 429, asked: 1, waitedMs: [] });
  expect(await askWith([refused("20"), refused("11")])).toEqual({ status: 429, asked: 2, waitedMs: [20_000] });
  expect(await askWith([refused("20"), refused("10")])).toEqual({ status: 200, asked: 3, waitedMs: [20_000, 10_000] });
});

test("only a refusal that says for how long is waited for", async () => {
  for (const answer of [refused(), refused("soon"), refused("Wed, 21 Oct 2026 07:28:00 GMT"), refused("-1"), refused("1.5"), { status: 503, retryAfter: "1" }, { status: 500 }, { status: 401 }]) {
    expect(await askWith([answer])).toEqual({ status: answer.status, asked: 1, waitedMs: [] });
  }
});

test("whatever is answered, tries and waits keep their limits", async () => {
  const anything = fc.record({ status: fc.constantFrom(200, 429, 429, 429, 503), retryAfter: fc.nat(40).map(String) });
  await fc.assert(fc.asyncProperty(fc.array(anything, { maxLength: 5 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (planned, chance) => {
    const told = planned.map(({ retryAfter }) => Number(retryAfter) * 1_000);
    const seen = await askWith(planned, chance);
    expect(seen.asked).toBeLessThanOrEqual(patienceLimits.triesMax);
    expect(seen.waitedMs.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(patienceLimits.waitsMaxMs);
    for (const [nr, ms] of seen.waitedMs.entries()) expect(ms).toBeGreaterThanOrEqual(told[nr] ?? 0);
  }));
});

test("whoever leaves the page waits no longer, and nothing more is asked", async () => {
  answers.push(refused("29"), refused("29"));
  const stop = new AbortController();
  const waits = Promise.withResolvers<void>();
  const patience: Patience = {
    chance: () => 0,
    pause: (ms, signal) => {
      setImmediate(waits.resolve);
      return realPatience.pause(ms, signal);
    },
  };
  const reading = askAgain(() => fetch(url, { signal: stop.signal }), stop.signal, patience);
  reading.catch(() => undefined);
  await waits.promise;
  stop.abort(new Error("left"));
  await expect(reading).rejects.toThrow("left");
  expect(asked).toBe(1);
});

test("a pause ends by itself", async () => {
  const stop = new AbortController();
  await realPatience.pause(1, stop.signal);
  stop.abort();
  await expect(realPatience.pause(1, stop.signal)).rejects.toThrow();
});

test("the time to come back is read of answers that were refused for now alone", () => {
  expect([429, 503, 200].map((status) => retryAfterSeconds(new Response(null, { status, headers: { "retry-after": "7" } })))).toEqual([7, undefined, undefined]);
});
