// Puts a server together out of its parts: engines, log, roles, HTTP. The one place where things are built and handed to
// each other; `main.ts` calls it, and so do whole-system tests.
import { readFileSync } from "node:fs";
import { createServer as createNetServer, isIP, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Server as TlsServer } from "node:tls";
import fastify, { type FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import { apiServerOptions, createApi, registerWithoutApi, type Api, type ApiDeps } from "./api/api.ts";
import { backupRoutes } from "./api/backups.ts";
import { demoShopRoutes } from "./api/demo-shop.ts";
import { importRoutes } from "./api/imports.ts";
import { limitRoutes } from "./api/limits.ts";
import { secretKeyRoutes } from "./api/secret-keys.ts";
import type { Config } from "./config.ts";
import { createConsole } from "./console/console.ts";
import { markRunning, markStopped, refuseUnfinishedRestore } from "./data-directory.ts";
import { systemClock } from "./core/clock.ts";
import { AppError } from "./core/errors.ts";
import type { Logger } from "./core/logger.ts";
import { openAlerting } from "./alert-role.ts";
import { destinationPurpose, warehousePurpose } from "./core/sealed-text.ts";
import { trustedAddresses } from "./core/trusted-addresses.ts";
import { startClickHouse, type ClickHouse } from "./engines/clickhouse/clickhouse.ts";
import { createWorkspaceDb, lockDataDirectory, startPostgres, type Postgres } from "./engines/postgres/postgres.ts";
import { appendBootstrapControls, bootstrap, createAccounts, createControl, createFieldDecisionsCache, createSingleSignOn, type AccountsOptions, type Bootstrapped } from "./governance/governance.ts";
import { createIngest } from "./ingest/ingest.ts";
import { installSecret } from "./install-secret.ts";
import { openLocalAccess } from "./local-access.ts";
import { createMailer } from "./mail/mail.ts";
import { createBackupSessions, type BackupSessions } from "./maintenance/backup-session.ts";
import { createPostgresLog, type PostgresLog } from "./log/postgres-log.ts";
import { refusedWrites } from "./pipeline/outbox/retry-refused.ts";
import { createEventPaths } from "./pipeline/event-path.ts";
import { previewIdentity, previewUnmerge, previewWithdraw } from "./pipeline/previews.ts";
import type { ProcessTuning } from "./pipeline/process.ts";
import { READER } from "./pipeline/sequencer.ts";
import type { DeliverThreadData, FromDeliverThread, ToDeliverThread } from "./deliver-thread.ts";
import { catalogMemory, openCatalog, type CatalogPlace } from "./open-catalog.ts";
import { openWarehouses } from "./open-warehouses.ts";
import { suppressedValues } from "./models/models.ts";
import { openModelReaders } from "./open-model-readers.ts";
import { superviseThread } from "./thread-supervisor.ts";
import { superviseProcess, type ProcessSupervisor } from "./process-supervisor.ts";
import type { FromProcessThread } from "./process-thread.ts";
import { connectionsOf, warnOfFewConnections } from "./postgres-connections.ts";
import { createProcessMetrics, createRefusedMetric } from "./process-metrics.ts";
import { createProcessed } from "./processed.ts";
import { countRefused, createReadiness } from "./readiness.ts";
import { createImports } from "./sources/import/import.ts";
import { createDemoShops, createPromiseFor } from "./demo-shop/demo-shops.ts";
import { createSourceDirectory } from "./sources/source-directory.ts";
import { isSentVerified } from "./role-lock.ts";
import { openSealKeys } from "./seal-keys.ts";
import { createSecretRotation, sealKeysPlace } from "./secret-rotation.ts";
import { createServerMetrics } from "./server-metrics.ts";
import { createSql } from "./sql/sql.ts";
import { followTlsFiles, readTlsFiles } from "./tls-files.ts";

export const version: string = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;

export interface Server {
  /** Where it answers: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** What the first start made, and secrets to be shown once. */
  readonly made: Bootstrapped;
  /** Takes no more in, finishes what is there, stops the engines. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly tuning?: Partial<ProcessTuning>;
  /** Says what is happening while it takes long. */
  readonly onStep?: (text: string) => void;
}

/** How long answers under way are waited for. What takes longer (an upload, a sender that stalls) is broken off, and goes on elsewhere. */
const ANSWERS_MS = 6_000;
/** How long the threads may finish what they are at, both at once. With the answers and the engines it stays within what main.ts allows. */
const DRAIN_MS = 16_000;

export async function startServer(options: ServerOptions): Promise<Server> {
  const { config, logger } = options;
  const step = options.onStep ?? (() => undefined);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    await readTlsFiles(config.tls); // Wrong files end the start before anything is touched.
    const lock = await lockDataDirectory(config.dataDir);
    undo.push(() => lock.release());
    await refuseUnfinishedRestore(config.dataDir);
    const wasUnclean = await markRunning(config.dataDir);
    step("Starting the databases");
    // First, and with it its migrations: what Postgres has decided must find the columns that it is written for.
    const clickhouse = await startClickHouse({
      dataDir: config.dataDir, logger, ...(config.clickhouseUrl === undefined ? {} : { clickhouseUrl: config.clickhouseUrl }),
    });
    undo.push(() => clickhouse.stop());
    const postgres = await startPostgres({
      dataDir: config.dataDir, lock, logger, ...(config.databaseUrl === undefined ? {} : { databaseUrl: config.databaseUrl }),
    });
    undo.push(() => postgres.stop());
    step("Opening the event log");
    return await startRoles(options, { postgres, clickhouse, wasUnclean, undo });
  } catch (error) {
    await unwind(undo, logger);
    throw error;
  }
}

interface Engines {
  readonly postgres: Postgres;
  readonly clickhouse: ClickHouse;
  readonly wasUnclean: boolean;
  readonly undo: (() => Promise<unknown>)[];
}

async function startRoles({ config, logger, tuning }: ServerOptions, { postgres, clickhouse, wasUnclean, undo }: Engines): Promise<Server> {
  const registry = new Registry();
  let supervisor: ProcessSupervisor | undefined;
  const pool = postgres.pool("tributary", connectionsOf.server);
  const secret = await installSecret({ dataDir: config.dataDir, given: config.secret, pool });
  const log = await createPostgresLog({
    pool: postgres.pool("tributary log", connectionsOf.log), partitions: config.logPartitions, clock: systemClock, logger,
    limits: { horizonMs: config.logHorizonMs, horizonBytesMax: config.logHorizonBytes, diskFreeBytesMin: config.logDiskFreeBytesMin },
    ...(postgres.mode === "embedded" ? { dataDir: config.dataDir } : {}),
    onAppend: (partition, nextOffset) => supervisor?.appended(partition, nextOffset),
  });
  undo.push(() => log.close());
  if (postgres.mode === "url") await warnOfFewConnections(pool, log.partitions, logger);
  const made = await bootstrap({
    pool, partitions: log.partitions, nowMs: systemClock.nowMs(),
    ...(config.writeKey === undefined ? {} : { writeKey: config.writeKey }), ...(config.apiToken === undefined ? {} : { apiToken: config.apiToken }),
    ...(config.adminEmail === undefined ? {} : { adminEmail: config.adminEmail }), ...(config.adminPassword === undefined ? {} : { adminPassword: config.adminPassword }),
  });
  await appendBootstrapControls(log, made, systemClock.nowMs());

  const threads: (() => Promise<void>)[] = [];
  undo.push(() => Promise.all(threads.map((stop) => stop())));
  const isPipelineHere = config.roles.has("process");
  const processed = createProcessed(pool, READER, () => isPipelineHere);
  const metrics = createProcessMetrics(registry);
  createRefusedMetric(registry, () => countRefused(pool));
  createServerMetrics({ registry, pool, log, reader: READER });
  if (isPipelineHere) {
    const onMessage = (message: FromProcessThread): void => {
      metrics.record(message);
      if (message.kind === "progress") processed.advance(message.partition, message.nextOffset);
    };
    supervisor = await superviseProcess(
      {
        postgres: postgres.connection, clickhouse: clickhouse.endpoint, partitions: log.partitions,
        logLimits: { horizonMs: config.logHorizonMs, horizonBytesMax: config.logHorizonBytes }, limits: config.limits, secret,
        dedupeMaxIds: config.dedupeMaxIds, profilesInMemory: config.profilesInMemory, wasUnclean, logLevel: config.logLevel, tuning: tuning ?? {},
      },
      logger, onMessage,
    );
    const running = supervisor;
    threads.push(() => running.stop(DRAIN_MS));
  }
  if (config.roles.has("deliver")) {
    const onAppended = (partition: number, nextOffset: number): void => {
      log.poke(partition, nextOffset);
      supervisor?.appended(partition, nextOffset);
    };
    threads.push(startDeliverThread({ config, logger, postgres, clickhouse, wasUnclean, secret, partitions: log.partitions, onAppended }));
  }
  const backups = await createBackupSessions({
    dataDir: config.dataDir, postgres, clickhouse, logger,
    // Where no pipeline is, nothing is sent.
    hold: (withinMs) => supervisor?.hold(withinMs) ?? Promise.resolve(() => Promise.resolve(true)),
  });
  undo.push(() => backups.stop());
  const http = await startHttp({ config, logger, postgres, clickhouse, log, registry, secret, processed, backups, isProcessReady: () => supervisor?.isReady() ?? true });
  undo.push(() => http.stop());
  const access = await openLocalAccess({
    dataDir: config.dataDir, pool, workspaceId: made.workspaceId, places: { url: http.url, clickhouse: clickhouse.endpoint },
  });
  undo.push(() => access.remove());
  return {
    url: http.url,
    made,
    async stop() {
      await unwind(undo, logger);
      await markStopped(config.dataDir);
    },
  };
}

interface DeliverParts extends Omit<Engines, "undo"> {
  readonly config: Config;
  readonly logger: Logger;
  readonly secret: string;
  readonly partitions: number;
  readonly onAppended: (partition: number, nextOffset: number) => void;
}

/** Nothing waits for it to be up. Gives how it is stopped. */
function startDeliverThread({ config, logger, postgres, clickhouse, wasUnclean, secret, partitions, onAppended }: DeliverParts): () => Promise<void> {
  const data: DeliverThreadData = {
    postgres: postgres.connection, clickhouse: clickhouse.endpoint, catalog: catalogPlace(config), sealKeys: sealKeysPlace(config, secret), secret, wasUnclean, logLevel: config.logLevel,
    log: {
      partitions, dataDir: postgres.mode === "embedded" ? config.dataDir : undefined, horizonMs: config.logHorizonMs, horizonBytesMax: config.logHorizonBytes,
      diskFreeBytesMin: config.logDiskFreeBytesMin,
    },
  };
  const deliverer = superviseThread<ToDeliverThread, FromDeliverThread>({
    file: new URL("./deliver-thread.ts", import.meta.url), name: "deliver", data: (isUnclean) => ({ ...data, wasUnclean: isUnclean }), wasUnclean, logger,
    onMessage: (message) => (message.kind === "appended" ? onAppended(message.partition, message.nextOffset) : undefined),
  });
  return async () => (await deliverer).stop(DRAIN_MS);
}

interface HttpParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly postgres: Postgres;
  readonly clickhouse: ClickHouse;
  readonly log: PostgresLog;
  readonly registry: Registry;
  readonly secret: string;
  readonly processed: ReturnType<typeof createProcessed>;
  readonly backups: BackupSessions;
  readonly isProcessReady: () => boolean;
}

async function startHttp(parts: HttpParts): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { config, logger, postgres, log, registry } = parts;
  const pool = postgres.pool("tributary http", connectionsOf.http);
  const tls = await readTlsFiles(config.tls);
  // The address is part of what is served, so a free port is chosen before anything is built.
  const port = config.port === 0 ? await freePort(config.host) : config.port;
  const url = `${tls ? "https" : "http"}://${isIP(config.host) === 6 ? `[${config.host}]` : config.host}:${port}`;
  const publicUrl = config.publicUrl ?? url;
  const sources = createSourceDirectory({ pool, clock: systemClock });
  const ingest = createIngest({
    log, sources, pool, limits: config.limits, clock: systemClock, logger, registry, trustProxy: config.trustProxy,
    unknownKeyStatus: config.unknownKeyStatus, websiteEventsPerSecond: config.websiteEventsPerSecond, version, publicUrl,
  });
  const app = fastify({
    ...apiServerOptions, logger: false, trustProxy: trustedAddresses(config.trustProxy), forceCloseConnections: "idle",
    serverFactory: (next) => (config.roles.has("ingest") ? ingest.serverFactory(next, tls) : ingest.plainServerFactory(next, tls)),
    clientErrorHandler: (error, socket) => ingest.answerClientError(error, socket),
  });
  const readiness = readinessOf(parts, pool);
  if (config.roles.has("api")) await registerApi(app, parts, { pool, publicUrl, readiness, onSourcesChanged: () => sources.forget() });
  else registerWithoutApi(app, { readiness, registry, clock: systemClock, logger });
  await app.listen({ host: config.host, port });
  const stopFollowing = config.tls && tls && app.server instanceof TlsServer ? followTlsFiles({ tls: config.tls, current: tls, server: app.server, logger }) : undefined;
  return {
    url,
    async stop() {
      stopFollowing?.();
      ingest.endConnections();
      const rest = setTimeout(() => app.server.closeAllConnections(), ANSWERS_MS);
      await app.close();
      clearTimeout(rest);
      await ingest.stop();
    },
  };
}

function readinessOf({ config, logger, clickhouse, isProcessReady }: HttpParts, pool: ReturnType<Postgres["pool"]>): ApiDeps["readiness"] {
  const isDoorAlone = [...config.roles].every((role) => role === "ingest");
  return createReadiness({
    pool, clock: systemClock, logger,
    // What comes in is on disk without it.
    pingClickHouse: isDoorAlone ? undefined : () => clickhouse.client("api").ping({ select: false }).then((answer) => (answer.success ? undefined : Promise.reject(answer.error))),
    pipeline: config.roles.has("process") ? { reader: READER, isRunning: isProcessReady } : undefined,
  });
}

interface ApiParts extends Pick<ApiDeps, "readiness"> {
  readonly pool: ReturnType<Postgres["pool"]>;
  readonly publicUrl: string;
  readonly onSourcesChanged: () => void;
}

interface ApiPlace extends ApiParts, Required<Pick<ApiDeps, "page">> {
  /** Says what is to be stopped with the server. */
  readonly onClose: (stop: () => Promise<void>) => void;
}

/** The API, and the console where no route is. */
async function registerApi(app: FastifyInstance, parts: HttpParts, apiParts: ApiParts): Promise<void> {
  const pages = await createConsole({ folder: join(import.meta.dirname, "../../console/dist"), boot: { publicUrl: apiParts.publicUrl, version } });
  const api = buildApi(parts, { ...apiParts, page: pages.page, onClose: (stop) => void app.addHook("onClose", stop) });
  await app.register(api.plugin);
  await app.register(pages.plugin);
}

function buildApi(parts: HttpParts, { pool, publicUrl, readiness, onSourcesChanged, page, onClose }: ApiPlace): Api {
  const { config, logger, postgres, clickhouse, log, registry, secret, processed } = parts;
  const workspaceDb = createWorkspaceDb(postgres, { max: connectionsOf.workspace });
  const sealKeys = openSealKeys(sealKeysPlace(config, secret));
  const preview = { pool, clickhouse: clickhouse.client("evaluate"), secret, limits: config.limits };
  const control = createControl({ workspaceDb, log, processed, clock: systemClock });
  const shops = createDemoShops({
    pool: postgres.pool("tributary demo", connectionsOf.demoShops), log, processed, clock: systemClock, logger, control, secret, onSourcesChanged, promiseFor: createPromiseFor(clickhouse.client("api")),
  });
  onClose(() => shops.stop());
  const seal = sealKeys.seal(destinationPurpose);
  const catalog = openCatalog(catalogPlace(config), logger, catalogMemory(postgres.pool("tributary tokens", connectionsOf.tokens), seal));
  onClose(() => catalog.close());
  const warehouses = openWarehouses(config.dataDir, catalog.outbound);
  const ways = waysIn(config, { pool, secret, publicUrl, logger });
  const alerting = openAlerting({
    pool: postgres.pool("tributary alerts", connectionsOf.alerts), clickhouse: clickhouse.client("api"), log, pipelineReader: READER, logger, clock: systemClock, registry, publicUrl, sealKeys, mailer: ways.mailer,
    outbound: catalog.outbound,
  });
  onClose(() => alerting.stop());
  const openModelReader = openModelReaders({ pool, own: createSql({ clickhouse: clickhouse.client("sql"), workspaceDb, decisions: createFieldDecisionsCache(workspaceDb), clock: systemClock, suppressedIn: (workspaceId, namespace) => suppressedValues(pool, secret, workspaceId, namespace) }), kinds: warehouses, seal: sealKeys.seal(warehousePurpose) });
  return createApi({
    workspaceDb, pool, openModelReader, ...ways, clickhouse: clickhouse.client("api"), previewClickhouse: clickhouse.client("preview"), sqlClickhouse: clickhouse.client("sql"), log, pipelineReader: READER, processed, clock: systemClock, logger, registry, version, publicUrl,
    identifierSecret: secret, catalog, destinationSeal: seal, outbound: catalog.outbound, alertChannels: alerting.channels, warehouseKinds: warehouses, warehouseSeal: sealKeys.seal(warehousePurpose),
    previewUnmerge: (workspaceId, profileId, identifiers) => previewUnmerge(preview, workspaceId, profileId, identifiers),
    previewIdentity: (workspaceId, identity) => previewIdentity(preview, workspaceId, identity),
    eventPaths: createEventPaths(preview),
    refusedWrites: refusedWrites({ pool, clickhouse: clickhouse.client("write") }),
    readiness,
    isSentVerified: () => isSentVerified(pool),
    onSourcesChanged,
    page,
    moreRoutes: [
      ...importRoutes(createImports({ workspaceDb, log, processed, control, clock: systemClock, secret, onSourcesChanged, previewWithdraw: (workspaceId, id) => previewWithdraw(preview, workspaceId, id) })),
      ...limitRoutes(config.limits),
      ...backupRoutes({ backups: parts.backups, workspaceDb }),
      ...demoShopRoutes({ shops, pool }),
      ...secretKeyRoutes({ workspaceDb, rotation: createSecretRotation({ pool, keys: sealKeys, dataDir: config.dataDir, isDatabaseShared: config.databaseUrl !== undefined }) }),
    ],
  });
}

function catalogPlace(config: Config): CatalogPlace {
  return { dataDir: config.dataDir, privateHosts: config.outboundPrivateHosts, version };
}

/** How people get in: by password, by single sign-on, by mail. */
function waysIn(config: Config, options: AccountsOptions): Pick<ApiDeps, "accounts" | "singleSignOn" | "mailer"> {
  return {
    accounts: createAccounts(options),
    singleSignOn: config.singleSignOn && createSingleSignOn(options, config.singleSignOn),
    mailer: createMailer(config.mail, options.logger),
  };
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createNetServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const { port } = probe.address() as AddressInfo; // A server that listens on a port has one.
      probe.close(() => resolve(port));
    });
  });
}

async function unwind(undo: (() => Promise<unknown>)[], logger: Logger): Promise<void> {
  for (const action of undo.splice(0).reverse()) {
    try {
      await action();
    } catch (error) {
      logger.error({ err: error }, "a part did not stop as it should");
    }
  }
}
