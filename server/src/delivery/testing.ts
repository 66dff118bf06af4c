// For tests of delivery: a real pipeline, destinations in the database, and a destination that answers as the test says and remembers
// what it was sent.
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { subscriptionDefinition } from "@tributary/schema/destination/subscription.ts";
import type { Destination, Outcome, SendItem, SendRequest, SendResult } from "../destinations/destinations.ts";
import { readSettings } from "../governance/governance.ts";
import { createFindIdentifier } from "../identity/identity.ts";
import { landedBefore } from "../pipeline/outbox/landed-before.ts";
import { SECRET, startTestPipeline, type TestPipeline } from "../pipeline/testing.ts";
import { createDeliverer, type Deliverer, type DelivererOptions } from "./deliverer.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { profilesByIdentifier } from "./people.ts";

export interface Sent {
  readonly destinationId: number;
  readonly action: string;
  readonly items: readonly SendItem[];
}

export interface FakeVendor {
  readonly destination: Destination;
  /** Requests that came, in order of their coming, whatever was answered. */
  readonly requests: Sent[];
  /** What it accepted, one for each item. */
  readonly accepted: SendItem[];
  /** What it says; the default accepts everything. */
  answer: (request: SendRequest) => readonly Outcome[] | Promise<readonly Outcome[]>;
  /** Read when a destination is begun. */
  hasFixedBatches: boolean;
  /** Whom it was told to forget, whatever was answered. */
  readonly forgotten: ForgottenPerson[];
  answerForget: (person: ForgottenPerson) => Outcome | Promise<Outcome>;
}

type ForgottenPerson = { readonly destinationId: number; readonly userId?: string | undefined; readonly anonymousId?: string | undefined };

const optInField = { key: "email_subscribe", label: "Email", description: "", type: "string", required: false, isMultiple: false, isDynamic: false, isHidden: false, isHashed: false, takesMore: false } as const;

const definition: DestinationDefinition = {
  slug: "fake", name: "Fake", description: "", category: "test", origin: "own", availability: { kind: "ready" }, notes: [], proof: "contract", authentication: "none",
  settings: [{ ...optInField, key: "defaultPermissionStatus", label: "Default", choices: [{ value: "OPTIN", label: "In" }, { value: "OPTOUT", label: "Out" }] }],
  actions: [
    { key: "one", name: "One", description: "", fields: [], isHidden: false },
    { key: "contact", name: "Contact", description: "", fields: [optInField], isHidden: false },
    {
      key: "rows", name: "Rows", description: "", fields: [], syncModes: { choices: ["upsert", "delete"], default: "upsert" }, batch: { sizeMax: 10, bytesMax: 1_000_000, keys: [] }, isHidden: false,
    },
    { key: "many", name: "Many", description: "", fields: [], batch: { sizeMax: 3, bytesMax: 1_000_000, keys: ["list"] }, isHidden: false },
  ],
  presets: [], canTest: false, canForget: false,
};

export const good = (request: SendRequest): readonly Outcome[] => request.items.map(() => ({ kind: "delivered", status: 200 }));

export function createFakeVendor(): FakeVendor {
  const vendor: FakeVendor = {
    requests: [], accepted: [], answer: good, hasFixedBatches: false, forgotten: [], answerForget: () => ({ kind: "delivered", status: 200 }),
    destination: {
      definition,
      get hasFixedBatches() {
        return vendor.hasFixedBatches;
      },
      check: () => [],
      test: () => Promise.resolve({ isGood: true, exchanges: [] }),
      async forget({ destinationId }, person): Promise<SendResult> {
        const told = { destinationId, ...person };
        vendor.forgotten.push(told);
        return { outcomes: [await vendor.answerForget(told)], exchanges: [] };
      },
      async send(request): Promise<SendResult> {
        vendor.requests.push({ destinationId: request.connection.destinationId, action: request.subscription.action, items: request.items });
        const outcomes = await vendor.answer(request);
        for (const [i, outcome] of outcomes.entries()) if (outcome.kind === "delivered") vendor.accepted.push(...request.items.slice(i, i + 1));
        const exchange = {
          method: "POST", url: "https://vendor.example.com/in", requestHeaders: {}, requestBody: JSON.stringify(request.items.map(({ payload }) => payload)), status: 200,
          responseHeaders: {}, responseBody: "ok", startedAtMs: Date.now(), tookMs: 1,
        };
        return { outcomes, exchanges: [exchange] };
      },
    },
  };
  return vendor;
}

export interface DeliveryBench {
  readonly pipeline: TestPipeline;
  readonly vendor: FakeVendor;
  /** The time of delivery; the pipeline has its own. */
  readonly clock: { ms: number };
  readonly deliverer: () => Deliverer;
  /** As kill -9 and a new start: whatever was under way is answered to nobody, and what Postgres had not committed is gone. */
  kill(): Promise<void>;
  destination(more?: { readonly workspaceId?: number; readonly testPeople?: readonly string[]; readonly slug?: string; readonly perSecond?: number; readonly account?: string }): Promise<number>;
  subscribe(destinationId: number, given: object, workspaceId?: number): Promise<number>;
  send: TestPipeline["send"];
  /** What the log of deliveries says, in order of position. */
  log(): Promise<{ readonly destination_id: number; readonly position: number; readonly event: string; readonly outcome: string; readonly code: string; readonly attempts: number; readonly profile_id: string }[]>;
  counts(destinationId: number): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

/** `given`: a pipeline that somebody else stops. */
export async function startDeliveryBench(limits: Partial<DeliveryLimits> = {}, given?: TestPipeline): Promise<DeliveryBench> {
  const pipeline = given ?? (await startTestPipeline());
  const { pool } = pipeline;
  const vendor = createFakeVendor();
  const clock = { ms: Date.now() };
  await pool.query("insert into workspace (id, slug, name, log_partition) values (1, 'one', 'One', 0), (2, 'two', 'Two', 0) on conflict do nothing");
  let life = createLife(pool);
  const findIdentifier = createFindIdentifier(SECRET);
  const make = (changes: Partial<DelivererOptions> = {}): Deliverer => createDeliverer({
    pool: life.pool, clickhouse: pipeline.clickhouse.client("deliver"),
    catalog: { list: () => Promise.resolve([definition]), find: (slug) => Promise.resolve(slug === "fake" ? life.mortal(vendor.destination) : undefined), close: () => Promise.resolve() },
    seal: { seal: (text) => text, open: (sealed) => sealed }, landedBefore: (partition) => landedBefore(pool, partition), isGrantedByDefault: () => Promise.resolve(false), 
    async findProfiles(workspaceId, identifiers) {
      const { settings } = await readSettings(life.pool, workspaceId);
      return profilesByIdentifier(life.pool, workspaceId, identifiers, (one) => findIdentifier(workspaceId, settings, one)?.key);
    },
   
    clock: { nowMs: () => clock.ms }, logger: pipeline.options.logger, wasUnclean: false,
    // Attempts follow at once, so that nothing waits for a clock.
    limits: { pollMs: 5, pollIdleMs: 20, retry: { firstMs: 1_000, maxMs: 60_000 }, probe: { firstMs: 1_000, maxMs: 60_000 }, throttle: { firstMs: 1_000, maxMs: 1_000 }, quietMs: 0, ...limits },
    ...changes,
  });
  let deliverer = make();
  return {
    pipeline, vendor, clock, send: pipeline.send,
    deliverer: () => deliverer,
    async kill() {
      await life.end();
      life = createLife(pool);
      deliverer = make({ wasUnclean: true });
    },
    async destination({ workspaceId = 1, testPeople, slug = "fake", perSecond, account } = {}) {
      const { rows } = await pool.query<{ id: number }>(
        `insert into destination (workspace_id, slug, name, definition, settings_sealed, enabled, test_people, per_second, account, created_by, updated_by)
         values ($1, gen_random_uuid()::text, 'Fake', $2, '{}', true, $3, $4, $5, 'test', 'test') returning id`,
        [workspaceId, slug, testPeople === undefined ? null : JSON.stringify(testPeople), perSecond ?? null, account ?? null],
      );
      return rows[0]?.id ?? 0;
    },
    async subscribe(destinationId, given, workspaceId = 1) {
      const parsed = subscriptionDefinition.parse(given);
      const { rows } = await pool.query<{ id: number }>(
        `insert into subscription (workspace_id, destination_id, name, definition, enabled, created_by, updated_by) values ($1, $2, 'all', $3, true, 'test', 'test') returning id`,
        [workspaceId, destinationId, JSON.stringify(parsed)],
      );
      await deliverer.catchUp();
      return rows[0]?.id ?? 0;
    },
    async log() {
      await deliverer.catchUp();
      const result = await pipeline.clickhouse.client("api").query({
        query: "select destination_id, position, event, outcome, code, attempts, toString(profile_id) as profile_id from deliveries final order by destination_id, position, subscription_id",
        format: "JSONEachRow",
      });
      return result.json();
    },
    async counts(destinationId) {
      const { rows } = await pool.query<{ outcome: string; reason: string; count: string }>(
        "select outcome, reason, sum(count) as count from delivery_count where destination_id = $1 group by 1, 2 order by 1, 2", [destinationId],
      );
      return Object.fromEntries(rows.map((row) => [row.reason === "" ? row.outcome : `${row.outcome} ${row.reason}`, Number(row.count)]));
    },
    async stop() {
      await deliverer.stop();
      await sleep(0);
      if (given === undefined) await pipeline.stop();
    },
  };
}

/** A pool and a destination that can die: then nothing that was asked of them is ever answered. */
function createLife(pool: Pool): { readonly pool: Pool; mortal(destination: Destination): Destination; end(): Promise<void> } {
  let isDead = false;
  const out = new Set<PoolClient>();
  const never = new Promise<never>(() => undefined);
  const alive = <Value>(asked: () => Promise<Value>): Promise<Value> => (isDead ? never : asked().then((value) => (isDead ? never : value)));
  const connect = async (): Promise<PoolClient> => {
    const client = await pool.connect();
    if (isDead) {
      client.release();
      return never;
    }
    out.add(client);
    const release = client.release.bind(client);
    client.release = (...args) => {
      out.delete(client);
      client.release = release;
      // One whose end was asked for must not be given to anybody else before that is noticed.
      if (isDead) release(true);
      else release(...args);
    };
    return client;
  };
  return {
    // Of a pool, delivery uses these two.
    pool: { connect: () => alive(connect), query: (...args: Parameters<Pool["query"]>) => alive(() => Promise.resolve(pool.query(...args))) } as unknown as Pool,
    mortal: (destination) => {
      const { forget } = destination;
      return { ...destination, send: (...args) => alive(() => destination.send(...args)), ...(forget ? { forget: (...args: Parameters<typeof forget>) => alive(() => forget(...args)) } : {}) };
    },
    async end() {
      isDead = true;
      const ids = [...out].map((client) => (client as PoolClient & { readonly processID: number }).processID);
      await pool.query("select pg_terminate_backend(pid) from unnest($1::integer[]) as pid", [ids]);
      // A commit that Postgres has got already is made before anybody else asks.
      while ((await pool.query("select from pg_stat_activity where pid = any($1::integer[])", [ids])).rowCount !== 0) await sleep(2);
    },
  };
}
