// All of Segment's catalog, each made and run for real in the thread that runs destinations: settings as a form would hold them, checked by us and by the
// package; one payload as its first preset or its defaults make it; and a request that arrives at a server of this test's. No vendor was called, and nothing that was loaded for it could have.
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { checkFields } from "@tributary/schema/destination/check-fields.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Connection, Destination } from "../destination.ts";
import { createTokenKeeper } from "../oauth/token-keeper.ts";
import { hostedDestination } from "./catalog.ts";
import { readDefinitions } from "./definitions.ts";
import { hidden, unseen } from "./definitions/labels.ts";
import { loadDefinition, packageFolders } from "./definitions/load-package.ts";
import { openCore } from "./host/package-core.ts";
import { createPool, type Pool } from "./host/pool.ts";
import { connectionOf } from "./testing-contract.ts";
import { fenceNetwork } from "./testing-fenced-client.ts";
import { payloadNotEnough, settingsNotEnough } from "./testing-every.ts";
import { sampleRequest, sampleSettings } from "./testing-sample.ts";
import { startVendor, type Vendor } from "./testing-vendor.ts";

const never = new AbortController().signal;
const logger = pino({ level: "silent" });
const beside = (file: string): string => new URL(file, import.meta.url).href;
let cacheDir: string;
let all: readonly DestinationDefinition[];
let vendor: Vendor;
let pool: Pool;
/** How often anything of it tried to reach beyond this machine. */
const beyond = new Int32Array(new SharedArrayBuffer(4));

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "catalog-"));
  [all, vendor] = await Promise.all([readDefinitions({ cacheDir, logger }), startVendor()]);
  pool = createPool({
    definitions: { file: beside("./host/package-definitions.ts"), options: undefined }, client: { file: beside("./testing-fenced-client.ts"), options: { port: vendor.port, beyond } },
    // One thread holds them all, which no server's does.
    logger, sharedMax: 1, heapMb: 768, hungMs: 60_000,
  });
});
afterEach(() => expect(beyond[0]).toBe(0));
afterAll(async () => {
  await pool.close();
  await vendor.close();
  await rm(cacheDir, { recursive: true, force: true });
});

const connectionTo = (definition: DestinationDefinition): Connection =>
  connectionOf(definition.slug, { settings: sampleSettings(definition), oauth: { accessToken: "access-token-1", refreshToken: "refresh-token-1" } });

/** Hidden ones, too: what is in the way of those is not their code. */
const runnable = (definition: DestinationDefinition): Destination => hostedDestination({ ...definition, availability: { kind: "ready" } }, { pool, keeper: createTokenKeeper() });

test("of all that speak HTTP, each is made and takes its settings; those that want more say what", async () => {
  const refused: Record<string, string> = {};
  for (const definition of all.filter(({ slug }) => !unseen.includes(slug))) {
    const connection = connectionTo(definition);
    expect(checkFields(definition.settings, connection.settings), definition.slug).toEqual([]);
    const tested = await runnable(definition).test(connection, never);
    // Who has asked the vendor has found the settings in order; the vendor here does not know what each wants to hear.
    if (!tested.isGood && tested.exchanges.length === 0) refused[definition.slug] = tested.detail;
  }
  expect(refused).toEqual(settingsNotEnough);
});

test("of all that speak HTTP and have an action, each makes a request of one payload; those that do not say why", async () => {
  const refused: Record<string, string> = {};
  const without: string[] = [];
  let requests = 0;
  for (const definition of all.filter(({ slug }) => !unseen.includes(slug))) {
    const sample = sampleRequest(definition, connectionTo(definition));
    if (sample === undefined) without.push(definition.slug);
    else {
      expect(sample.problems, definition.slug).toEqual([]);
      const { outcomes: [outcome], exchanges } = await runnable(definition).send(sample.request, never);
      if (exchanges.length > 0) requests++;
      else refused[definition.slug] = outcome !== undefined && "detail" in outcome ? String(outcome.detail) : String(outcome?.kind);
    }
  }
  // Of what can't be used there is no action to choose.
  expect(without.toSorted()).toEqual(Object.keys(hidden).filter((slug) => !unseen.includes(slug)).toSorted());
  expect(refused).toEqual(payloadNotEnough);
  expect([all.length, unseen.length, without.length, Object.keys(refused).length, requests]).toEqual([214, 8, 16, 19, 171]);
});

test("those whose requests are not seen are made, and take their settings and a payload; none is sent, since they reach out by libraries of their own", () => {
  fenceNetwork(beyond);
  const folders = packageFolders();
  if (!folders) throw new Error("the packages are not installed");
  // Its own check of a payload, which it makes before it runs an action.
  const core = openCore(1_000) as ReturnType<typeof openCore> & { readonly validateSchema: (payload: object, schema: object, options: { readonly schemaKey: string }) => boolean };
  const withPayload = all.filter(({ slug }) => unseen.includes(slug)).filter((definition) => {
    const { slug } = definition;
    const connection = connectionTo(definition);
    expect(checkFields(definition.settings, connection.settings), slug).toEqual([]);
    const made = new core.Destination(loadDefinition(folders, slug)) as InstanceType<typeof core.Destination> & { readonly actions: Readonly<Record<string, { readonly schema: object }>> };
    expect(() => made.validateSettings(connection.settings), slug).not.toThrow();
    const sample = sampleRequest(definition, connection);
    if (sample === undefined) return false;
    const { request: { subscription: { action }, items: [item] }, problems } = sample;
    expect(problems, slug).toEqual([]);
    const check = (payload: object): boolean => core.validateSchema(payload, made.actions[action]!.schema, { schemaKey: `${slug}:${action}` });
    expect(() => check({ ...item?.payload }), slug).not.toThrow();
    expect(() => check({}), `${slug} says no where nothing is given`).toThrow();
    return true;
  });
  expect(withPayload.map(({ slug }) => slug).toSorted()).toEqual(unseen.filter((slug) => !(slug in hidden)).toSorted());
  expect(withPayload).toHaveLength(6);
});
