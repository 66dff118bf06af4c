// A running API for tests: real engines, a real log, two workspaces with a token each, and people and events put straight
// into the tables, so that no pipeline is needed. Every answer is held against the schema of its route.
import Fastify, { type FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { Registry } from "prom-client";
import { expect } from "vitest";
import { problem } from "@tributary/schema/api/answer-parts.ts";
import type { IdentityPreview } from "@tributary/schema/api/identity.ts";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import { defaultReferences } from "@tributary/schema/settings.ts";
import { createAlertChannels } from "../alerts/alerts.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import { hash64Of } from "../core/hash.ts";
import { defaultLimits } from "../core/limits.ts";
import { rowId } from "../core/position.ts";
import { referenceKey } from "../core/reference-key.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { createWorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { alertPurpose, createSeal, destinationPurpose, warehousePurpose } from "../core/sealed-text.ts";
import { joinCatalogs } from "../destinations/destinations.ts";
import { testModelReader } from "../models/testing.ts";
import { warehouseKinds } from "../warehouses/warehouses.ts";
import { quietLogger, startTestClickHouse, startTestPostgres } from "../engines/testing.ts";
import { asOwner, bootstrap, createAccounts, createWorkspace, workspaceScopes } from "../governance/governance.ts";
import { identifierKey } from "../identity/identity.ts";
import { createPostgresLog, type PostgresLog } from "../log/postgres-log.ts";
import { noMailer } from "../mail/mail.ts";
import { createOutbound } from "../outbound/outbound.ts";
import { createEventPaths } from "../pipeline/event-path.ts";
import { refusedWrites } from "../pipeline/outbox/retry-refused.ts";
import { apiServerOptions, createApi, type Api, type ApiDeps } from "./api.ts";
import type { Route } from "./define-route.ts";

export const testSecret = "test-installation-secret";
export const nobodyId = "00000000-0000-0000-0000-000000000000";

/** What a preview of rules answers where there is nobody. */
export const noChange: IdentityPreview = {
  people_before: 0, people_after: 0, merging: 0, merged_into: 0, splitting: 0, split_into: 0, merges: [], splits: [], leaving: 0, dropped: 0, dropped_examples: [],
  examined: 0, evidence: 0, complete: true,
};

export interface TestWorkspace {
  readonly id: number;
  readonly sourceId: number;
  readonly partition: number;
  readonly token: string;
  readonly writeKey: string;
}

export interface Called {
  readonly status: number;
  // The tests look into answers freely; each was checked against its schema before.
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface CallOptions {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestApi {
  readonly server: FastifyInstance;
  readonly api: Api;
  readonly pool: Pool;
  readonly postgres: Postgres;
  readonly clickhouse: ClickHouse;
  readonly log: PostgresLog;
  readonly first: TestWorkspace;
  readonly second: TestWorkspace;
  /** What `processed.waitFor` does; true by default. */
  onProcessed: (partition: number, offset: number) => Promise<boolean>;
  call(method: string, path: string, options?: CallOptions): Promise<Called>;
  stop(): Promise<void>;
}

type Changes = Partial<ApiDeps> | ((parts: Pick<ApiDeps, "workspaceDb" | "log" | "processed" | "clock">) => Partial<ApiDeps>);

export async function startTestApi(changes: Changes = {}, clock: Clock = systemClock): Promise<TestApi> {
  const [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  const pool = postgres.pool("test", 4);
  const first = await firstWorkspace(pool);
  const second = await secondWorkspace(pool);
  const log = await createPostgresLog({ pool: postgres.pool("log", 2), partitions: 2, clock, logger: quietLogger });
  const workspaceDb = createWorkspaceDb(postgres, { max: 4 });
  const test: Pick<TestApi, "onProcessed"> = { onProcessed: async () => true };
  const processed = { waitFor: (partition: number, offset: number) => test.onProcessed(partition, offset) };
  const publicUrl = "http://localhost:8080";
  const api = createApi({
    workspaceDb,
    pool,
    accounts: createAccounts({ pool, secret: testSecret, publicUrl, logger: quietLogger }),
    mailer: noMailer,
    clickhouse: clickhouse.client("api"),
    log,
    clock,
    logger: quietLogger,
    registry: new Registry(),
    version: "0.0.0-test",
    publicUrl,
    identifierSecret: testSecret,
    catalog: joinCatalogs([]),
    openModelReader: testModelReader,
    destinationSeal: createSeal(testSecret, destinationPurpose),
    warehouseKinds: warehouseKinds({ outbound: createOutbound({ privateHosts: [] }), filesDirectory: "", nowMs: () => clock.nowMs() }),
    warehouseSeal: createSeal(testSecret, warehousePurpose),
    outbound: { ...createOutbound({ privateHosts: [] }), fetch: () => Promise.reject(new Error("This test sends nothing out.")) },
    alertChannels: createAlertChannels({ outbound: createOutbound({ privateHosts: [] }), mailer: noMailer, seal: createSeal(testSecret, alertPurpose), nowMs: () => clock.nowMs() }),
    pipelineReader: "pipeline",
    processed,
    previewUnmerge: async () => {
      throw new Error("This test gives no preview.");
    },
    previewIdentity: async () => noChange,
    eventPaths: createEventPaths({ pool, clickhouse: clickhouse.client("evaluate"), secret: testSecret, limits: defaultLimits }),
    refusedWrites: refusedWrites({ pool, clickhouse: clickhouse.client("write") }),
    readiness: async () => ({ ready: true, parts: { postgres: { ok: true, detail: "answers" } } }),
    isSentVerified: async () => true,
    ...(typeof changes === "function" ? changes({ workspaceDb, log, processed, clock }) : changes),
  });
  const server = Fastify({ ...apiServerOptions, logger: false });
  await server.register(api.plugin);
  await server.ready();
  const stop = async () => {
    await server.close();
    await log.close();
    await workspaceDb.end();
    await Promise.all([postgres.stop(), clickhouse.stop()]);
  };
  return Object.assign(test, {
    server,
    api,
    pool,
    postgres,
    clickhouse,
    log,
    first,
    second,
    stop,
    call: (method: string, path: string, options: CallOptions = {}) => call(server, api.routes, first.token, method, path, options),
  });
}

/** Of the log's two, so that both workspaces share one: nothing is apart by that alone. */
const PARTITIONS_TAKEN = 1;

async function firstWorkspace(pool: Pool): Promise<TestWorkspace> {
  const made = await bootstrap({ pool, partitions: PARTITIONS_TAKEN, nowMs: Date.now() });
  return {
    id: made.workspaceId,
    sourceId: made.sourceId,
    partition: made.partition,
    token: made.print.apiToken ?? "",
    writeKey: made.print.writeKey ?? "",
  };
}

async function secondWorkspace(pool: Pool): Promise<TestWorkspace> {
  const token = { name: "second", scopes: workspaceScopes };
  const made = await asOwner(pool, (db) => createWorkspace(db, { name: "Second", partitions: PARTITIONS_TAKEN, token }));
  const { id, partition } = made.workspace;
  return { id, sourceId: made.source.id, partition, token: made.tokenSecret, writeKey: made.key.secret };
}

async function call(
  server: FastifyInstance,
  routes: readonly Route[],
  ownToken: string,
  method: string,
  path: string,
  options: CallOptions,
): Promise<Called> {
  const token = options.token === undefined ? ownToken : options.token;
  const response = await server.inject({
    method: method as "GET",
    url: `/api/v1${path}`,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { payload: typeof options.body === "string" ? options.body : JSON.stringify(options.body) }),
  });
  const contentType = String(response.headers["content-type"] ?? "");
  const other = routes.find((route) => route.path === path.split("?", 1)[0])?.alsoAnswers?.contentType;
  if (other !== undefined && contentType.startsWith(other)) return { status: response.statusCode, body: undefined, headers: response.headers, text: response.body };
  const body: unknown = response.body === "" ? undefined : JSON.parse(response.body);
  holdToSchema(routes, method, path, response.statusCode, response.headers["content-type"], body);
  return { status: response.statusCode, body, headers: response.headers, text: response.body };
}

function holdToSchema(routes: readonly Route[], method: string, path: string, status: number, contentType: unknown, body: unknown): void {
  if (status >= 400) {
    expect(contentType).toMatch(/^application\/problem\+json/);
    expect(problem.safeParse(body).error?.issues, JSON.stringify(body)).toBeUndefined();
    return;
  }
  const plain = path.split("?", 1)[0] ?? "";
  // The route with the fewest parameters is the one that the router takes.
  const matching = routes.filter(
    (route) => route.method === method && new RegExp(`^${route.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(plain),
  );
  const route = matching.toSorted((a, b) => (a.path.match(/\{/g)?.length ?? 0) - (b.path.match(/\{/g)?.length ?? 0))[0];
  const schema = route?.responses[status];
  expect(schema, `${method} ${path} does not declare ${status}`).toBeDefined();
  expect(schema?.safeParse(body).error?.issues, `${method} ${path}: ${JSON.stringify(body).slice(0, 2000)}`).toBeUndefined();
}

export interface PersonWish {
  readonly id: string;
  readonly workspace: TestWorkspace;
  readonly identifiers: readonly (readonly [namespace: string, value: string])[];
  readonly traits?: Readonly<Record<string, unknown>>;
  readonly row?: number;
  readonly change?: (doc: ProfileDocument) => void;
}

export function keyOf(workspace: TestWorkspace, namespace: string, value: string): string {
  return identifierKey(testSecret, workspace.id, namespace, value);
}

/** Puts a person into Postgres as the fold would, and a snapshot into ClickHouse. */
export async function addPerson(test: TestApi, wish: PersonWish): Promise<void> {
  const { workspace, id } = wish;
  const row = wish.row ?? rowId(1, 0);
  const atMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const from = { row, source: workspace.sourceId, atMs };
  const doc: ProfileDocument = {
    version: 1,
    traits: Object.fromEntries(Object.entries(wish.traits ?? {}).map(([name, value]) => [name, { value, ...from }])),
    identifiers: wish.identifiers.map(([namespace, value]) => ({
      key: keyOf(workspace, namespace, value),
      namespace,
      value,
      row,
      source: workspace.sourceId,
      firstAtMs: atMs,
    })),
    consents: {},
    accounts: {},
    devices: [],
    links: [],
    splits: {},
    events: { count: 1, firstAtMs: atMs, lastAtMs: atMs, latest: [{ name: "identify", atMs, row }] },
  };
  wish.change?.(doc);
  await test.pool.query("insert into profile (id, workspace_id, first_row, updated_row, ingest_ids, doc) values ($1, $2, $3, $3, $4, $5)", [
    id,
    workspace.id,
    row,
    [id],
    JSON.stringify(doc),
  ]);
  for (const identifier of doc.identifiers) {
    await addIdentifier(test, workspace, { namespace: identifier.namespace, value: identifier.value, profileId: id, row });
  }
  await test.clickhouse.client("write").insert({
    table: "profiles",
    format: "JSONEachRow",
    values: [
      {
        workspace_id: workspace.id,
        profile_id: id,
        row_id: row,
        updated_at: clickHouseTime(atMs),
        first_seen: clickHouseTime(atMs),
        deleted: 0,
        is_anonymous: 0,
        identifiers: wish.identifiers.map(([namespace, value]) => `${namespace}:${value}`),
        traits: wish.traits ?? {},
        block_id: 1,
        block_row: 0,
      },
    ],
  });
}

export async function addIdentifier(
  test: TestApi,
  workspace: TestWorkspace,
  wish: {
    readonly namespace: string;
    readonly value: string;
    readonly profileId: string | null;
    readonly row?: number;
    readonly shared?: boolean;
    readonly yieldedTo?: readonly string[];
  },
): Promise<void> {
  await test.pool.query(
    `insert into identifier (key, workspace_id, namespace, value, profile_id, shared, yielded_to, first_row, first_at, source_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, '2026-01-02T03:04:05Z', $9)`,
    [
      keyOf(workspace, wish.namespace, wish.value),
      workspace.id,
      wish.namespace,
      wish.value,
      wish.profileId,
      wish.shared ?? false,
      wish.yieldedTo ?? [],
      wish.row ?? 1,
      workspace.sourceId,
    ],
  );
}

export interface EventWish {
  readonly workspace: TestWorkspace;
  readonly row: number;
  readonly messageId: string;
  readonly profileId?: string;
  readonly ingestId?: string;
  readonly event?: string;
  readonly type?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly raw?: string;
  /** More of the log record's header than where and when. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly userId?: string;
  readonly atMs?: number;
  readonly receivedAtMs?: number;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly keys?: readonly string[];
}

export async function addEvents(test: TestApi, wishes: readonly EventWish[]): Promise<void> {
  await test.clickhouse.client("write").insert({ table: "events", format: "JSONEachRow", values: wishes.map(eventRowOf) });
}

function eventRowOf(wish: EventWish): Record<string, unknown> {
  const atMs = wish.atMs ?? Date.UTC(2026, 0, 2) + wish.row;
  const profileId = wish.profileId ?? nobodyId;
  return {
    workspace_id: wish.workspace.id,
    event: wish.event ?? "Order Completed",
    type: wish.type ?? "track",
    ingest_profile_id: wish.ingestId ?? profileId,
    profile_id: profileId,
    timestamp: clickHouseTime(atMs),
    received_at: clickHouseTime(wish.receivedAtMs ?? atMs),
    source_id: wish.workspace.sourceId,
    message_id: wish.messageId,
    user_id: wish.userId ?? "",
    outcome: wish.outcome ?? "stored",
    reason: wish.reason ?? "",
    properties: wish.properties ?? {},
    library: "analytics.js",
    log_partition: wish.workspace.partition,
    row_id: wish.row,
    block_id: 1,
    block_row: wish.row,
    envelope: JSON.stringify({
      kind: "events", workspaceId: wish.workspace.id, sourceId: wish.workspace.sourceId, receivedAtMs: wish.receivedAtMs ?? atMs, ...wish.header,
    }),
    raw: wish.raw ?? JSON.stringify({ messageId: wish.messageId }),
    identifiers: (wish.keys ?? []).map((key) => String(hash64Of(key))),
    reference_keys: defaultReferences
      .map((name) => referenceKey(wish.properties?.[name]))
      .filter((key) => key !== undefined)
      .map((key) => String(hash64Of(key))),
  };
}

function clickHouseTime(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "");
}
