// Acts on one control record, alone in its batch: changes of rules, edits by hand, unmerges, suppressions, withdrawals.
// They stand in the log in order with the events, so each event is decided by what came before it and nothing else.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ClientBase, Pool } from "pg";
import { ZodError } from "zod";
import type { ControlAction } from "@tributary/schema/control.ts";
import type { ControlHeader } from "@tributary/schema/log-record.ts";
import { AppError, AssertionFailed } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { isRefusal } from "../../engines/clickhouse/insert-block.ts";
import { rowId } from "../../core/position.ts";
import type { Chunk } from "../../log/log.ts";
import type { ReaderClaim } from "../../log/reader-offset.ts";
import { captureChanges, commitBatch, type MergeLogEntry, type QuarantineEntry } from "../commit.ts";
import type { BlockBuilder } from "../outbox/block-builder.ts";
import { packBlocks, type OutboxBlock } from "../outbox/outbox-block.ts";
import type { Sender } from "../outbox/sender.ts";
import { storable } from "../stages/quarantine.ts";
import type { SeenMessages } from "../seen-messages.ts";
import type { RuleBook } from "../workspace-rules.ts";
import type { World } from "../world.ts";
import { expireEvents, type ExpiryLimits } from "./expire-events.ts";
import { foldOverrides } from "./fold-overrides.ts";
import { livePersonOf } from "./live-person.ts";
import type { RemovedWorkspaces } from "../removed-workspaces.ts";
import { removeWorkspace } from "./remove-workspace.ts";
import { editPerson, RefoldTooLarge } from "./refold.ts";
import { addReassignments, unmerge } from "./unmerge.ts";
import { withdrawImport } from "./withdraw-import.ts";
import { suppress } from "./suppress.ts";

export interface ControlDeps {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly rules: RuleBook;
  readonly seen: SeenMessages;
  readonly sender: Sender;
  readonly world: World;
  readonly secret: string;
  readonly logger: Logger;
  readonly expiry: ExpiryLimits;
  readonly removed: RemovedWorkspaces;
}

/** What handling a control record works with. */
export interface ControlWork extends ControlDeps {
  readonly builder: BlockBuilder;
  readonly db: ClientBase;
  readonly header: ControlHeader;
  readonly rowId: number;
  readonly nowMs: number;
  readonly mergeLog: MergeLogEntry[];
  /** Events that are somebody else's now: row_id → person. */
  readonly reassigned: Map<number, string>;
  /** What is written beside the world, in the commit. */
  readonly writes: ((tx: ClientBase) => Promise<void>)[];
  /** The person that it is about; '' for none. */
  profileId: string;
}

/** `refusal`: it failed again and again for this reason; it is passed over, and listed in the quarantine. */
export async function handleControl(
  deps: ControlDeps & { readonly builder: BlockBuilder }, claim: ReaderClaim, chunk: Chunk, header: ControlHeader, nowMs: number, refusal?: string,
): Promise<{ readonly claim: ReaderClaim; readonly blocks: readonly OutboxBlock[] }> {
  const row = rowId(chunk.offset, 0);
  const db = await deps.pool.connect();
  const work: ControlWork = { ...deps, db, header, rowId: row, nowMs, mergeLog: [], reassigned: new Map(), writes: [], profileId: "" };
  try {
    await deps.rules.load(db, [header.workspaceId]);
    if (refusal === undefined) await act(work, header.action).catch(throwFailure);
  } finally {
    db.release();
  }
  addReassignments(work);
  await deps.builder.addPeople(deps.world, nowMs);
  // A workspace that goes keeps no record of it either.
  const isRemoval = header.action.kind === "workspace.remove" && refusal === undefined;
  if (!isRemoval) deps.builder.addControl(header, row, work.profileId);
  const blocks = deps.builder.finish();
  await packBlocks(blocks);
  const counts = isRemoval ? [] : [{
    workspaceId: header.workspaceId, sourceId: 0, minuteMs: Math.floor(header.receivedAtMs / 60_000) * 60_000, outcome: "control", reason: "", count: 1,
  }];
  const next = await commitBatch(
    deps.pool, claim, { nextOffset: chunk.offset + 1, nowMs, nextBlock: deps.builder.nextBlock }, captureChanges(deps.world), deps.seen,
    { sightings: [], mergeLog: work.mergeLog, quarantine: refusal === undefined ? [] : [refused(header, row, refusal)], ledger: counts, paths: [], blocks },
    async (tx) => {
      for (const write of work.writes) await write(tx);
    },
  );
  if (isRemoval) deps.removed.add(header.workspaceId);
  forgetOldForms(deps, header.action.kind);
  return { claim: next, blocks };
}

/** What a control record changed may be held in memory in its old form: that is read afresh from Postgres. */
function forgetOldForms(deps: ControlDeps, kind: ControlAction["kind"]): void {
  switch (kind) {
    case "workspace.set":
    case "source.set":
      deps.rules.forget();
      return deps.world.settle();
    case "profile.edit":
    case "profile.consent":
      return deps.world.settle();
    case "profile.unmerge":
    case "profile.suppress":
    case "import.withdraw":
      return deps.world.reset();
    case "workspace.remove":
      deps.rules.forget();
      return deps.world.reset();
  }
}

/** Acting on the record itself failed, not the way to an engine: it may fail for ever. */
export class ControlFailed extends Error {
  override readonly name = "ControlFailed";
}

/** Postgres's classes for values that it can't take: bad data, broken rules, wrong statements. */
const badStatement = /^(22|23|42)\w{3}$/;

/** What the record itself, its person's history or a bug of ours causes. */
const itsOwn = [AppError, AssertionFailed, ZodError, RefoldTooLarge, TypeError, RangeError, SyntaxError];

/** Only what would fail again counts as a failure of the record; trouble of the engines is waited out. */
function throwFailure(error: unknown): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const isItsOwn = itsOwn.some((kind) => error instanceof kind) || badStatement.test(code) || isRefusal(error);
  if (!isItsOwn) throw error;
  throw new ControlFailed(error instanceof Error ? error.message : String(error), { cause: error });
}

function refused(header: ControlHeader, row: number, refusal: string): QuarantineEntry {
  return {
    workspaceId: header.workspaceId, rowId: row, sourceId: 0, receivedAtMs: header.receivedAtMs, messageId: "", event: header.action.kind,
    reason: "control_failed", detail: storable(refusal).slice(0, 2_000),
  };
}

async function act(work: ControlWork, action: ControlAction): Promise<void> {
  switch (action.kind) {
    case "workspace.set":
      return void work.writes.push((tx) => writeConfig(tx, work, { settings: action.settings }));
    case "source.set":
      return void work.writes.push((tx) => writeConfig(tx, work, { source: [action.sourceId, action.settings] }));
    case "profile.unmerge":
      return unmerge(work, action);
    case "profile.suppress":
      return suppress(work, action);
    case "profile.edit":
    case "profile.consent":
      return edit(work, action);
    case "import.withdraw":
      return withdrawImport(work, action.importId);
    case "overrides.fold":
      return foldOverrides(work);
    case "events.expire":
      return expireEvents(work);
    case "workspace.remove":
      return removeWorkspace(work);
  }
}

async function edit(work: ControlWork, action: Extract<ControlAction, { kind: "profile.edit" | "profile.consent" }>): Promise<void> {
  const id = await livePersonOf(work, action.profileId);
  if (id === undefined) return;
  const person = work.world.held(id);
  work.profileId = id;
  editPerson(person, action, { rowId: work.rowId, receivedAtMs: work.header.receivedAtMs }, work.rules.of(work.header.workspaceId).foldRules(0, false));
  work.world.touch(person, work.rowId, true);
}

async function writeConfig(
  tx: ClientBase, work: ControlWork, change: { readonly settings: unknown } | { readonly source: readonly [number, unknown] },
): Promise<void> {
  const rules = work.rules.of(work.header.workspaceId);
  const settings = "settings" in change ? change.settings : rules.settings;
  const sources = "source" in change ? { ...rules.sources, [String(change.source[0])]: change.source[1] } : rules.sources;
  await tx.query(
    `insert into pipeline_config (workspace_id, settings, sources, row_id) values ($1, $2, $3, $4)
     on conflict (workspace_id) do update set settings = excluded.settings, sources = excluded.sources, row_id = excluded.row_id`,
    [work.header.workspaceId, JSON.stringify(settings), JSON.stringify(sources), work.rowId],
  );
}

