// What the resources share, built once from the API's dependencies.
import {
  createControl,
  createFieldDecisionsCache,
  createReadAudit,
  createSettingsCache,
  createTokenDirectory,
  type Control,
  type FieldDecisionsCache,
  type ReadAudit,
  type SettingsCache,
  type TokenDirectory,
  type WorkspaceCache,
} from "../governance/governance.ts";
import { createComputedView, type ComputedView } from "../audiences/audiences.ts";
import { suppressedValues } from "../models/models.ts";
import { createSql, type SqlService } from "../sql/sql.ts";
import { createSourceSeal, type Seal } from "../core/sealed-text.ts";
import { createPreviews, createReadWords, type Previews } from "../audiences/audiences.ts";
import { apiLimits, type ApiDeps, type ApiLimits } from "./api-deps.ts";
import { AskedGuesses } from "./audience-guess.ts";
import { createClickHouseRead, type ClickHouseRead } from "./clickhouse-read.ts";
import type { KeysOf } from "./event-rows.ts";
import { beginExport, keepAnswer, type AnswerOf, type AnswerUnderWay, type ExportOf, type ExportUnderWay } from "../exports/exports.ts";
import { createFindIdentifier, type FindIdentifier } from "../identity/identity.ts";
import { createProfileFinder, type ProfileFinder } from "./find-profile.ts";
import { createLogProgress, type LogProgress } from "./log-progress.ts";
import { createPayloadKeys, type PayloadKeys } from "./payload-keys.ts";
import { Gate, RateLimiter } from "./rate-limit.ts";

export interface ApiServices {
  readonly deps: ApiDeps;
  readonly limits: ApiLimits;
  readonly tokens: TokenDirectory;
  readonly settings: SettingsCache;
  /** What is decided about the fields that senders fill. */
  readonly fields: FieldDecisionsCache;
  /** Computed traits that have values, and the fields that show through them. */
  readonly computedView: WorkspaceCache<ComputedView>;
  /** Who looked at whom. */
  readonly reads: ReadAudit;
  /** Of callers who see people masked: whole identifiers they try, and values they reveal. */
  readonly lookUps: RateLimiter<string | number>;
  readonly reveals: RateLimiter<string | number>;
  readonly guesses: AskedGuesses;
  readonly findIdentifier: FindIdentifier;
  readonly finder: ProfileFinder;
  /** How the identifiers in rows of events are keyed in this workspace. */
  readonly eventKeys: (workspaceId: number) => Promise<KeysOf>;
  /** Whom payloads may name that the pipeline could not process. */
  readonly payloadKeys: (workspaceId: number) => Promise<PayloadKeys>;
  readonly control: Control;
  /** Seals secrets within a source's settings. */
  readonly sourceSeal: Seal;
  readonly progress: LogProgress;
  /** Before each preview, and each count of the log's unread part: work that keeps this thread's processor busy. */
  readonly previewGate: Gate;
  readonly ledgerGate: Gate;
  /** What definitions of audiences mean, while they are edited; and how many are asked about at once. */
  readonly audiencePreviews: Previews;
  readonly audiencePreviewGate: Gate;
  /** What asks about many days at once. */
  readonly audienceFlowGate: Gate;
  /** Before each call to a vendor that somebody asks for by hand. */
  readonly tryGate: Gate;
  /** Before rows about people leave as a file. */
  readonly beginExport: (of: ExportOf) => Promise<ExportUnderWay>;
  readonly keepAnswer: (of: AnswerOf) => AnswerUnderWay;
  readonly tries: RateLimiter<number>;
  /** Statements that people write, over views of their workspace. */
  readonly sql: SqlService;
  /** Questions to ClickHouse, a few at a time. */
  readonly scan: ClickHouseRead;
  /** Timelines of one person, under their own limit. */
  readonly timelineRead: ClickHouseRead;
}

export function createServices(deps: ApiDeps): ApiServices {
  const limits = { ...apiLimits, ...deps.limits };
  const read = createClickHouseRead(deps.clickhouse);
  const scans = new Gate({ atOnce: limits.scansAtOnce, queueMax: limits.scansQueued, waitMs: limits.scanWaitMs });
  const words = createReadWords(deps.previewClickhouse ?? deps.clickhouse);
  const wordScans = new Gate({ atOnce: limits.audienceScansAtOnce, queueMax: limits.audienceScansQueued, waitMs: limits.audienceScanWaitMs });
  const timelines = new Gate({ atOnce: limits.timelinesAtOnce, queueMax: limits.timelinesQueued, waitMs: limits.timelineWaitMs });
  const timelineRate = new RateLimiter<"all">(limits.timelinesPerSecond, limits.timelinesPerSecond);
  const settings = createSettingsCache(deps.workspaceDb);
  const fields = createFieldDecisionsCache(deps.workspaceDb);
  const findIdentifier = createFindIdentifier(deps.identifierSecret);
  const exportParts = { workspaceDb: deps.workspaceDb, clickhouse: deps.clickhouse, nowMs: () => deps.clock.nowMs() };
  return {
    deps,
    limits,
    tokens: createTokenDirectory(deps.pool),
    settings,
    fields,
    sql: createSql({ clickhouse: deps.sqlClickhouse ?? deps.clickhouse, workspaceDb: deps.workspaceDb, decisions: fields, clock: deps.clock, suppressedIn: (workspaceId, namespace) => suppressedValues(deps.pool, deps.identifierSecret, workspaceId, namespace) }),
    computedView: createComputedView(deps.workspaceDb),
    reads: createReadAudit({
      workspaceDb: deps.workspaceDb, clock: deps.clock,
      onFailure: (error) => deps.logger.error({ err: error }, "reads of people could not be written into the audit log"),
    }),
    lookUps: new RateLimiter(limits.lookUpsPerMinute / 60, limits.lookUpsPerMinute),
    reveals: new RateLimiter(limits.revealsPerMinute / 60, limits.revealsPerMinute),
    guesses: new AskedGuesses(),
    findIdentifier,
    eventKeys: async (workspaceId) => {
      const inForce = await settings.get(workspaceId, deps.clock.nowMs());
      const keyOf = (namespace: string, value: string) =>
        value === "" ? undefined : findIdentifier(workspaceId, inForce, { namespace, value })?.key;
      return (row) => [keyOf("user_id", row.user_id), keyOf("anonymous_id", row.anonymous_id)].filter((key) => key !== undefined);
    },
    payloadKeys: async (workspaceId) =>
      createPayloadKeys(deps.identifierSecret, workspaceId, await settings.get(workspaceId, deps.clock.nowMs())),
    finder: createProfileFinder({ workspaceDb: deps.workspaceDb, settings, findIdentifier }),
    control: createControl(deps),
    sourceSeal: createSourceSeal(deps.identifierSecret),
    progress: createLogProgress(deps),
    previewGate: new Gate({ atOnce: limits.previewsAtOnce, queueMax: limits.previewsQueued, waitMs: limits.previewWaitMs }),
    ledgerGate: new Gate({ atOnce: limits.ledgersAtOnce, queueMax: limits.ledgersQueued, waitMs: limits.ledgerWaitMs }),
    audiencePreviews: createPreviews((...asked) => wordScans.pass(() => words(...asked))),
    audiencePreviewGate: new Gate({ atOnce: limits.audiencePreviewsAtOnce, queueMax: limits.audiencePreviewsQueued, waitMs: limits.audiencePreviewWaitMs }),
    audienceFlowGate: new Gate({ atOnce: 1, queueMax: limits.audiencePreviewsQueued, waitMs: limits.audiencePreviewWaitMs }),
    tryGate: new Gate({ atOnce: limits.triesAtOnce, queueMax: limits.triesQueued, waitMs: limits.tryWaitMs }),
    beginExport: (of) => beginExport(exportParts, of),
    keepAnswer: (of) => keepAnswer(exportParts, of),
    tries: new RateLimiter(limits.triesPerMinute / 60, limits.triesPerMinute),
    scan: (workspaceId, sql, params) => scans.pass(() => read(workspaceId, sql, params)),
    timelineRead: async (workspaceId, sql, params) => {
      timelineRate.take("all", deps.clock.nowMs());
      return timelines.pass(() => read(workspaceId, sql, params));
    },
  };
}
