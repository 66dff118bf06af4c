// What every destination of ours that speaks HTTP must do, whatever its vendor answers: one suite, run for each against a server on
// loopback. No vendor is called: what is proven is what is sent, and what is made of replies.
import { checkMapping } from "@tributary/schema/destination/check-mapping.ts";
import { destinationDefinition, type SyncMode } from "@tributary/schema/destination/definition.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "../core/errors.ts";
import type { AudienceAtVendor, Connection, Destination, Outcome, SendRequest } from "./destination.ts";
import type { OwnParts } from "./own/define-destination.ts";
import { outboundToLoopback, startTestVendor, type Reply, type TakenRequest, type TestVendor } from "./testing-vendor.ts";

export interface ContractCase {
  readonly destination: (parts: OwnParts) => Destination;
  /** Origins of the vendor's API, answered by the test's server. */
  readonly origins?: readonly string[];
  connection(url: string): { readonly settings: Readonly<Record<string, unknown>>; readonly oauth?: NonNullable<Connection["oauth"]> };
  /** Values in the connection that must be seen nowhere. */
  readonly secrets: readonly string[];
  readonly action: string;
  readonly syncMode?: SyncMode;
  readonly audience?: AudienceAtVendor;
  readonly payloads: readonly Readonly<Record<string, unknown>>[];
  /** All requests of the good run. Of headers those that are named. `body`: text, or what its JSON says. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly headers?: Readonly<Record<string, unknown>>; readonly body: unknown }[];
  readonly good: Reply | ((request: TakenRequest) => Reply);
  /** 403 speaks of the account. */
  readonly isForbiddenOfAccount: boolean;
  /** A 2xx says all: what becomes of its body changes nothing. */
  readonly isStatusAll: boolean;
  /** Tells the vendor that it is the same again. Undefined: the vendor takes none, and `sameAgain` says why a repeat does no harm. */
  idempotencyOf?(request: TakenRequest): unknown;
  readonly sameAgain?: string;
  /** A payload with the text in every field that takes text, and where the text is found in what was sent. */
  readonly hostile: { payload(text: string): Readonly<Record<string, unknown>>; found(request: TakenRequest): unknown; readonly expected?: (text: string) => unknown };
}

export const contractNowMs = Date.UTC(2026, 4, 1, 10);
// What answers is waited for on the slowest machine; what never does is given up soon.
const PATIENT_MS = 30_000;
const QUICK_MS = 400;

export const hostileTexts: readonly string[] = [
  `'; DROP TABLE users; --`, `"}],"admin":true,[{"`, "\r\nX-Injected: yes\r\n\r\nGET / HTTP/1.1", "\u0000\u0001\u001f", "\ud800 alone", "{{secrets}} ${env} $(id) `id`",
  "../../../etc/passwd", "<script>alert(1)</script>", "=HYPERLINK(\"http://example.com\")", "\u202e\u2028\u2029", "x".repeat(20_000), "', Ω\\ 'x' -- \\", "`\\`; SELECT 1",
];

export function contractEvent(index: number): OutgoingEvent {
  return {
    messageId: `message-${index}`, type: "track", event: "Order Completed", userId: `user-${index}`, timestamp: "2026-05-01T09:59:00.000Z", receivedAt: "2026-05-01T09:59:01.000Z",
    properties: { total: 120.5, currency: "EUR" }, context: { traits: { email: `user-${index}@example.com` } },
  };
}

export function destinationContract(title: string, contract: ContractCase): void {
  describe(title, () => {
    let vendor: TestVendor;
    let destination: Destination;
    let quick: Destination;
    beforeAll(async () => {
      vendor = await startTestVendor();
      const redirected = Object.fromEntries((contract.origins ?? []).map((origin) => [origin, vendor.url]));
      const within = (timeoutMs: number): Destination => contract.destination({ outbound: outboundToLoopback(redirected), filesDirectory: "", nowMs: () => contractNowMs, timeoutMs });
      destination = within(PATIENT_MS);
      quick = within(QUICK_MS);
    });
    afterAll(() => vendor.stop());
    beforeEach(() => {
      vendor.forget();
      vendor.answer(contract.good);
    });

    const connection = (): Connection => ({ workspaceId: 1, destinationId: 2, slug: destination.definition.slug, version: 1, ...contract.connection(vendor.url) });
    const request = (payloads: readonly Readonly<Record<string, unknown>>[]): SendRequest => ({
      connection: connection(),
      subscription: { id: 3, version: 1, action: contract.action, ...(contract.syncMode === undefined ? {} : { syncMode: contract.syncMode }) },
      ...(contract.audience === undefined ? {} : { audience: contract.audience }),
      items: payloads.map((payload, index) => ({ event: contractEvent(index), payload, idempotencyKey: `key-${index}` })),
    });
    /** Sent as the contract's items, with the answer as given; no secret is in what comes of it. */
    const sent = async (reply: Reply | ((request: TakenRequest) => Reply), payloads = contract.payloads, signal?: AbortSignal) => {
      vendor.answer(reply);
      const isGivenUp = reply === "hang" && signal === undefined;
      const result = await (isGivenUp ? quick : destination).send(request(payloads), signal ?? new AbortController().signal);
      expect(result.outcomes).toHaveLength(payloads.length);
      expectNoSecret(result, contract.secrets);
      return result;
    };
    const outcomesOf = async (...args: Parameters<typeof sent>): Promise<Outcome> => {
      const { outcomes: [first, ...others] } = await sent(...args);
      if (!first) throw new Error("nothing was sent");
      for (const other of others) expect(other).toEqual(first);
      return first;
    };
    registerDescription(contract, () => destination, connection);
    registerSending(contract, () => vendor, sent);
    registerReplies(contract, () => vendor, outcomesOf);
    registerSecrets(contract, sent);
    registerTest(contract, () => ({ vendor, destination }), connection);

    test("what is wrong with the request itself is an error", async () => {
      const wrong = request(contract.payloads);
      await expect(destination.send({ ...wrong, subscription: { ...wrong.subscription, action: "constructor" } }, new AbortController().signal)).rejects.toThrow(AppError);
    });
  });
}

function registerDescription(contract: ContractCase, destination: () => Destination, connection: () => Connection): void {
  test("describes itself: fields, defaults and presets fit together", () => {
    const { definition } = destination();
    expect(destinationDefinition.parse(definition)).toEqual(definition);
    expect(definition.actions.map((action) => action.key)).toContain(contract.action);
    for (const action of definition.actions) {
      const defaults = Object.fromEntries(action.fields.flatMap((field) => (field.default === undefined ? [] : [[field.key, field.default]]))) as Mapping; // Written as JSON in the definition.
      // What a person must choose is missing; nothing else is wrong.
      for (const problem of checkMapping(defaults, action)) expect(problem.problem).toMatch(/ is needed\.$/);
    }
    for (const { action: key, mapping } of definition.presets) {
      const action = definition.actions.find((one) => one.key === key);
      if (!action) throw new Error(`There is no action ${key}.`);
      // As above.
      for (const problem of checkMapping(mapping as Mapping, action, action.syncModes?.default)) expect(problem.problem).toMatch(/ is needed\.$/);
    }
  });

  test("checks its settings without the network", () => {
    expect(destination().check(connection().settings)).toEqual([]);
    const required = destination().definition.settings.filter((field) => field.required === true).map((field) => field.key);
    expect(destination().check({}).map(({ field }) => field)).toEqual(expect.arrayContaining(required));
    expectNoSecret(destination().check({ ...connection().settings, [required[0] ?? "x"]: { a: 1 } }), contract.secrets);
  });
}

type Sent = (reply: Reply | ((request: TakenRequest) => Reply), payloads?: ContractCase["payloads"]) => Promise<{ readonly outcomes: readonly Outcome[] }>;

function registerSending(contract: ContractCase, vendor: () => TestVendor, sent: Sent): void {
  test("sends exactly this, and keeps the order", async () => {
    const { outcomes } = await sent(contract.good);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(contract.payloads.map(() => "delivered"));
    const taken = vendor().requests.map(({ method, path, headers, body }, index) => {
      const named = Object.keys(contract.requests[index]?.headers ?? {});
      const isJson = typeof contract.requests[index]?.body !== "string";
      return { method, path, ...(named.length === 0 ? {} : { headers: Object.fromEntries(named.map((name) => [name, headers[name]])) }), body: isJson ? (JSON.parse(body) as unknown) : body };
    });
    expect(taken).toEqual(contract.requests);
  });

  test("says with every attempt that it is the same", async () => {
    await sent({ status: 500 });
    const count = vendor().requests.length;
    await sent(contract.good);
    const [first, second] = [vendor().requests[0], vendor().requests[count]];
    if (!first || !second) throw new Error("there were no two attempts");
    if (contract.idempotencyOf) {
      expect(contract.idempotencyOf(first)).toBeTruthy();
      expect(contract.idempotencyOf(second)).toEqual(contract.idempotencyOf(first));
      vendor().forget();
      return;
    }
    expect(contract.sameAgain).toBeTruthy();
    expect(second.body).toBe(first.body);
  });

  test.each(hostileTexts.map((text) => [JSON.stringify(text).slice(0, 30), text]))("carries %s as the text that it is", async (_shown, text) => {
    const { outcomes } = await sent(contract.good, [contract.hostile.payload(text)]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["delivered"]);
    const taken = vendor().requests.at(-1);
    if (!taken) throw new Error("nothing came");
    expect(contract.hostile.found(taken)).toEqual((contract.hostile.expected ?? ((given: string) => given.toWellFormed()))(text));
    for (const one of vendor().requests) expect(Object.keys(one.headers)).not.toContain("x-injected");
  });

  test("a payload that doesn't fit is refused alone, and not sent", async () => {
    const [first] = contract.payloads;
    if (!first || contract.payloads.length < 2) return;
    const { outcomes } = await sent(contract.good, [first, {}, ...contract.payloads.slice(1)]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["delivered", "refused", ...contract.payloads.slice(1).map(() => "delivered")]);
  });
}

function registerReplies(contract: ContractCase, vendor: () => TestVendor, outcomeOf: (reply: Reply | ((request: TakenRequest) => Reply), payloads?: ContractCase["payloads"], signal?: AbortSignal) => Promise<Outcome>): void {
  const date = new Date(contractNowMs + 90_000).toUTCString();
  const forbidden = contract.isForbiddenOfAccount ? { kind: "unauthorized", status: 403 } : { kind: "refused", code: "http_403" };
  const unread = contract.isStatusAll ? { kind: "delivered" } : { kind: "retry", isOfDestination: false };
  const replies: readonly (readonly [string, Reply, object])[] = [
    ["301", { status: 301, headers: { location: "/elsewhere" } }, { kind: "refused", code: "http_301" }],
    ["400", { status: 400, body: '{"error":{"message":"no such list"}}' }, { kind: "refused", code: "http_400", status: 400, detail: expect.stringContaining("no such list") as string }],
    ["401", { status: 401 }, { kind: "unauthorized", status: 401 }],
    ["403", { status: 403 }, forbidden],
    ["404", { status: 404, body: "<html>" }, { kind: "refused", code: "http_404" }],
    ["408", { status: 408 }, { kind: "retry", isOfDestination: false }],
    ["429", { status: 429 }, { kind: "retry", code: "http_429", isOfDestination: true }],
    ["429 with seconds", { status: 429, headers: { "retry-after": "7" } }, { kind: "retry", afterMs: 7_000, isOfDestination: true }],
    ["429 with a date", { status: 429, headers: { "retry-after": date } }, { kind: "retry", afterMs: 90_000 }],
    ["429 with nonsense", { status: 429, headers: { "retry-after": "-1" } }, expect.not.objectContaining({ afterMs: expect.anything() as number })],
    ["500", { status: 500, body: "\u0000garbage" }, { kind: "retry", code: "http_500", isOfDestination: false }],
    ["501", { status: 501 }, { kind: "refused", code: "http_501" }],
    ["503", { status: 503, headers: { "retry-after": "60" } }, { kind: "retry", afterMs: 60_000, isOfDestination: true }],
    ["no answer", "hang", { kind: "retry", code: "timeout", isOfDestination: true }],
    ["a connection that is cut", "cut", { kind: "retry", code: "connection_failed", isOfDestination: true }],
    ["a reply that is cut", "cut_body", unread],
    ["a body that is garbage", { status: 200, body: Buffer.from([0xff, 0xfe, 0x00, 0x7b]) }, contract.isStatusAll ? { kind: "delivered" } : { kind: "retry", isOfDestination: false }],
    ["a body that is huge", { status: 200, body: Buffer.alloc(3_000_000, "x") }, unread],
  ];
  test.each(replies)("reads %s", async (_title, reply, expected) => {
    const outcome = await outcomeOf(reply);
    expect(outcome).toMatchObject(expected);
    expect(vendor().requests.filter((one) => one.path === "/elsewhere")).toEqual([]);
  });

  test("ends when it is told to", async () => {
    expect(await outcomeOf("hang", contract.payloads, AbortSignal.timeout(50))).toMatchObject({ kind: "retry", code: "aborted" });
  });
}

function registerSecrets(contract: ContractCase, sent: Sent): void {
  test("shows no secret, even if the vendor repeats all that it got", async () => {
    const echo = (status: number) => ({ headers, body, path }: TakenRequest): Reply => ({ status, body: JSON.stringify({ message: `${path} ${JSON.stringify(headers)} ${body}`, headers }) });
    for (const status of [400, 401, 500]) await sent(echo(status));
  });

  test("shows no part of a secret where a text is cut short", async () => {
    for (const secret of contract.secrets) {
      for (const before of [270, 280, 285, 290, 295]) {
        const { outcomes } = await sent({ status: 400, body: JSON.stringify({ message: `${"y".repeat(before)}${secret}` }) });
        expect(JSON.stringify(outcomes)).not.toContain(secret.slice(0, 4));
      }
    }
  });
}

function registerTest(contract: ContractCase, at: () => { vendor: TestVendor; destination: Destination }, connection: () => Connection): void {
  test("tries its settings", async () => {
    const { vendor, destination } = at();
    if (!destination.definition.canTest) return;
    for (const [reply, isGood] of [[contract.good, true], [{ status: 401 }, false], ["cut", false], [{ status: 503, body: "later" }, false]] as const) {
      vendor.answer(reply);
      const result = await destination.test(connection(), new AbortController().signal);
      expect(result.isGood, JSON.stringify(reply)).toBe(isGood);
      expect(result.exchanges.length).toBeGreaterThan(0);
      expectNoSecret(result, contract.secrets);
    }
  });
}

function expectNoSecret(result: unknown, secrets: readonly string[]): void {
  const text = JSON.stringify(result);
  for (const secret of secrets) {
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret).toString("base64").replace(/=+$/, ""), Buffer.from(secret).toString("hex")]) {
      if (text.includes(form)) throw new Error(`The secret ${secret} is shown: ${text.slice(Math.max(0, text.indexOf(form) - 100), text.indexOf(form) + 100)}`);
    }
  }
}
