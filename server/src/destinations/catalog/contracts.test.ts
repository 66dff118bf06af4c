// What the most used destinations of the catalog send, request by request, and what they make of each kind of reply. The vendors are
// one server on loopback: no vendor was called, so these tests hold what leaves us, and say nothing of what a vendor takes.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Outcome } from "../destination.ts";
import { contractTested } from "./definitions/labels.ts";
import { contracts, type Contract } from "./testing-contracts.ts";
import { openBench, requestOf, type ContractBench } from "./testing-contract.ts";
import type { Answering, Reply } from "./testing-vendor.ts";

let bench: ContractBench;
/** Waits for a vendor for a moment only: for those that say nothing. */
let hasty: ContractBench;
const never = new AbortController().signal;

beforeAll(async () => {
  bench = await openBench();
  hasty = await openBench({ requestTimeoutMs: 1_200 });
});
afterAll(() => Promise.all([bench.close(), hasty.close()]));
beforeEach(() => {
  bench.vendor.requests.length = 0;
});

test("the label \"contract\" is for those alone that have one", () => {
  expect([...contractTested].sort()).toEqual([...new Set(contracts.map(({ slug }) => slug))].sort());
});

async function sendWith(contract: Contract, answering: Answering, by = bench): Promise<readonly Outcome[]> {
  by.vendor.answer(answering);
  const destination = await by.find(contract.slug);
  // Each its own connection: tokens are remembered by it.
  const connection = { ...contract.sent.connection, destinationId: contracts.indexOf(contract) + 1 };
  const { outcomes } = await destination.send(requestOf(destination, { ...contract.sent, connection }), never);
  return outcomes;
}

/** The request that counts answers badly; the questions before it are answered well. */
const badly = (contract: Contract, reply: Reply): Answering => (request, at) => contract.isQuestion?.(request) === true ? contract.good(request, at) : reply;

const usual: Readonly<Record<string, { readonly reply: Reply; readonly outcome: Readonly<Record<string, unknown>> }>> = {
  "400": { reply: { status: 400, json: { message: "no" } }, outcome: { kind: "refused", status: 400 } },
  "401": { reply: { status: 401, json: { message: "who?" } }, outcome: { kind: "unauthorized", status: 401 } },
  "429": { reply: { status: 429, headers: { "retry-after": "7" }, json: {} }, outcome: { kind: "retry", status: 429, afterMs: 7_000, isOfDestination: true } },
  "503": { reply: { status: 503, text: "down" }, outcome: { kind: "retry", status: 503, isOfDestination: true } },
  "hang": { reply: "hang", outcome: { kind: "retry", code: "timeout", isOfDestination: true } },
  "cut": { reply: "cut", outcome: { kind: "retry", code: "connection_failed", isOfDestination: true } },
  "garbage": { reply: { status: 200, text: "{\"half\": " }, outcome: { kind: "delivered", status: 200 } },
};

describe.each(contracts.map((one) => [`${one.slug}, ${one.sent.action}${one.sent.events.length > 1 ? ` of ${one.sent.events.length}` : ""}${one.name ? `, ${one.name}` : ""}`, one] as const))("%s", (name, contract) => {
  test("sends exactly this, and takes the vendor's yes as delivered", async () => {
    const outcomes = await sendWith(contract, contract.good);
    expect(outcomes.map(({ kind }) => kind), JSON.stringify(outcomes)).toEqual(contract.sent.events.map(() => "delivered"));
    const file = `./contracts/${name.replaceAll(/[^a-zA-Z0-9-]+/g, "-")}.json`;
    await expect(`${JSON.stringify(bench.vendor.requests, undefined, 1)}\n`).toMatchFileSnapshot(file);
  });

  test.each(contract.repliesToo === false ? [] : Object.keys(usual))("reads the reply %s", async (key) => {
    const one = usual[key];
    if (!one) throw new Error(key);
    const outcomes = await sendWith(contract, badly(contract, one.reply), key === "hang" ? hasty : bench);
    const expected = { ...one.outcome, ...contract.otherwise?.[key] };
    for (const outcome of outcomes) expect(outcome).toMatchObject(expected);
    expect(outcomes.length).toBe(contract.sent.events.length);
  });
});
