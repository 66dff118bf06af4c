// What the API is given to work with. It starts nothing itself.
import type { ClickHouseClient } from "@clickhouse/client";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Pool } from "pg";
import type { Registry } from "prom-client";
import type { IdentifierRef } from "@tributary/schema/control.ts";
import type { EventCheck, EventPath } from "@tributary/schema/api/event-path.ts";
import type { IdentityPreview, UnmergePreview } from "@tributary/schema/api/identity.ts";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import type { IdentitySettings } from "@tributary/schema/settings.ts";
import type { AlertChannels } from "../alerts/alerts.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { Seal } from "../core/sealed-text.ts";
import type { Catalog } from "../destinations/destinations.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import type { Accounts, Processed, SingleSignOn } from "../governance/governance.ts";
import type { EventLog } from "../log/log.ts";
import type { Mailer } from "../mail/mail.ts";
import type { OpenReader } from "../models/models.ts";
import type { WarehouseKind } from "../warehouses/warehouses.ts";
import type { Outbound } from "../outbound/outbound.ts";
import type { Route } from "./define-route.ts";

/** Every limit of the API. */
export const apiLimits = {
  /** Requests a second of one token or account, and how many it may send at once after a pause. */
  requestsPerSecond: 5_000,
  requestsBurst: 10_000,
  /** Requests a second without a valid token, of one address. */
  failuresPerSecond: 20,
  failuresBurst: 200,
  /** Of one token or account that sees people masked: whole identifiers it may try, and single values it may reveal. */
  lookUpsPerMinute: 30,
  revealsPerMinute: 10,
  bodyBytesMax: 2 * 1024 * 1024,
  /** Timelines (`include=events`): at a time, waiting, for how long, and a second. */
  timelinesAtOnce: 4,
  timelinesQueued: 16,
  timelineWaitMs: 100,
  timelinesPerSecond: 50,
  /** Other questions to ClickHouse, at a time and waiting. */
  scansAtOnce: 4,
  scansQueued: 64,
  scanWaitMs: 5_000,
  /** Previews of identity rules and of unmerges: at a time, waiting, and for how long. They work on this thread's processor. */
  previewsAtOnce: 1,
  previewsQueued: 4,
  previewWaitMs: 5_000,
  /** Previews of audiences: at a time, waiting, and for how long; and the questions that they ask ClickHouse, together. */
  audiencePreviewsAtOnce: 8,
  audiencePreviewsQueued: 32,
  audiencePreviewWaitMs: 10_000,
  audienceScansAtOnce: 3,
  audienceScansQueued: 400,
  audienceScanWaitMs: 60_000,
  /** Answers of the ledger, which open the log's unread chunks on this thread. */
  ledgersAtOnce: 1,
  ledgersQueued: 16,
  ledgerWaitMs: 5_000,
  /** People that an export reads at once; each page looks at everybody's snapshot anew. */
  exportPageRows: 2_000,
  /** Tries of destinations by hand, each of which calls somebody else's server: at a time, waiting, for how long, and of one workspace a minute. */
  triesAtOnce: 8,
  triesQueued: 32,
  tryWaitMs: 10_000,
  tryTimeoutMs: 25_000,
  triesPerMinute: 60,
  /** Workspaces being made, and waiting for it. */
  makingAtOnce: 1,
  makingQueued: 16,
  makingWaitMs: 5_000,
  tailListenersMax: 200,
  tailListenersPerWorkspace: 50,
  tailPollMs: 300,
  tailKeepAliveMs: 15_000,
  /** How often a live tail looks whether its token still holds; the directory of tokens answers from its cache in between. */
  tailTokenCheckMs: 1_000,
  /** Rows that one poll of the live tail shows; beyond it the tail samples and says so. */
  tailRowsPerPoll: 60,
  /** Bytes waiting for a slow listener; beyond it rows are left out and counted. */
  tailBufferBytesMax: 1024 * 1024,
} as const;
export type ApiLimits = { readonly [K in keyof typeof apiLimits]: number };

export interface Readiness {
  readonly ready: boolean;
  /** Ready, and yet somebody should look: a part that is not well keeps nothing from coming in. */
  readonly degraded?: boolean;
  /** Part → whether it is well, with a word for people. */
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
}

/** An entry of `ch_refused`, as a workspace may see it. */
export interface RefusedPlace {
  readonly workspaceId: number;
  readonly blockId: number;
  readonly blockRow: number;
}

/** `open` after a retry: refused again. */
export type RefusedStatus = "open" | "landed" | "discarded";

export interface ApiDeps {
  readonly workspaceDb: WorkspaceDb;
  /** Connections as the owner of the tables: for tokens (whose workspace is not known yet) and tables without workspaces. */
  readonly pool: Pool;
  readonly accounts: Accounts;
  /** Undefined where no provider is named. */
  readonly singleSignOn?: SingleSignOn | undefined;
  readonly mailer: Mailer;
  readonly clickhouse: ClickHouseClient;
  /** For statements that people write; undefined: the same. */
  readonly sqlClickhouse?: ClickHouseClient;
  /** For previews of audiences; undefined: the same. */
  readonly previewClickhouse?: ClickHouseClient;
  readonly log: EventLog;
  /** The name under which the pipeline reads the log, as in `log_offset`. */
  readonly pipelineReader: string;
  readonly processed: Processed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly version: string;
  readonly publicUrl: string;
  /** The installation's secret, with which identifiers are keyed and secrets of sources are sealed. */
  readonly identifierSecret: string;
  /** What destinations there are, and the seal of what workspaces set them up with. */
  readonly catalog: Catalog;
  readonly destinationSeal: Seal;
  /** Where models may read, by slug, and the seal of what workspaces connect them with. */
  readonly warehouseKinds: ReadonlyMap<string, WarehouseKind>;
  readonly warehouseSeal: Seal;
  /** Vendors are asked for tokens by it. */
  readonly outbound: Pick<Outbound, "fetch" | "checkAddress" | "checkHost">;
  /** How alerts are told. */
  readonly alertChannels: AlertChannels;
  /** What models read by, for previews and checks. */
  readonly openModelReader: OpenReader;
  readonly previewUnmerge: (
    workspaceId: number,
    profileId: string,
    identifiers: readonly IdentifierRef[],
  ) => Promise<Omit<UnmergePreview, "dry_run">>;
  readonly previewIdentity: (workspaceId: number, identity: IdentitySettings) => Promise<IdentityPreview>;
  /** What each stage did to the event at a position (undefined: none is there), and what would become of bytes sent now. */
  readonly eventPaths: {
    path(workspaceId: number, row: number): Promise<EventPath | undefined>;
    check(header: EventsHeader, raw: Buffer): Promise<EventCheck>;
  };
  /** Acts on what ClickHouse refused; undefined where the workspace has no such entry. */
  readonly refusedWrites: {
    retry(place: RefusedPlace): Promise<RefusedStatus | undefined>;
    retryMany(places: readonly RefusedPlace[]): Promise<readonly (RefusedStatus | undefined)[]>;
    discard(place: RefusedPlace): Promise<RefusedStatus | undefined>;
  };
  /** Engines, log and lag of the pipeline, for /health/ready. */
  readonly readiness: () => Promise<Readiness>;
  /** Whether all that was sent to ClickHouse lately is known to be there. */
  readonly isSentVerified: () => Promise<boolean>;
  /** Called after a source or key was changed here, so that collection in this process knows at once. */
  readonly onSourcesChanged?: () => void;
  /** Routes of other resources (imports), declared with the same defineRoute. */
  readonly moreRoutes?: readonly Route[];
  /** Answers a request for which there is no route when it is for a page of the console; undefined when it is not. */
  readonly page?: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;
  readonly limits?: Partial<ApiLimits>;
}
