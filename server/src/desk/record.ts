// Puts what an agent records into the event log, in order with everything else, and into the audit log.
import { CONTROL_WAIT_MS, recordAudit, type Control, type Processed } from "../governance/governance.ts";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, assert } from "../core/errors.ts";
import { rowId } from "../core/position.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import type { EventLog } from "../log/log.ts";
import { ensureConsoleSource } from "./console-source.ts";
import { deskCall, type DeskEvent } from "./desk-events.ts";

export interface RecordDeps {
  readonly workspaceDb: WorkspaceDb;
  readonly control: Control;
  readonly log: EventLog;
  readonly processed: Processed;
  readonly clock: Clock;
}

export interface About {
  readonly workspaceId: number;
  readonly settings: WorkspaceSettings;
  readonly profileId: string;
  readonly identifiers: ProfileDocument["identifiers"];
  /** Keys that name several people. */
  readonly sharedKeys: ReadonlySet<string>;
}

export interface Recorded {
  readonly row_id: number;
  readonly processed: boolean;
}

/** Throws `conflict` when no identifier of the person can stand in an event. */
export async function recordAtDesk(deps: RecordDeps, about: About, event: DeskEvent): Promise<Recorded> {
  const { workspaceId } = about;
  const call = deskCall(event, about.identifiers, about.settings.identity, about.sharedKeys);
  if (call === undefined) {
    throw new AppError("conflict", {
      detail: "Nothing that names this person alone can stand in an event.",
      hint: "Give one of the person's namespaces a path in the identity settings.",
    });
  }
  const sourceId = await ensureConsoleSource(deps, workspaceId, event.author.id);
  const partition = await deps.workspaceDb.run(workspaceId, async (db) => {
    const { rows } = await db.query<{ log_partition: number }>("select log_partition from workspace where id = $1", [workspaceId]);
    assert(rows[0] !== undefined, "a workspace in which somebody works exists");
    return rows[0].log_partition;
  });
  const nowMs = deps.clock.nowMs();
  const { offset, index } = await deps.log.append(partition, {
    header: { kind: "events", workspaceId, sourceId, receivedAtMs: nowMs },
    events: [Buffer.from(JSON.stringify(call))],
  });
  const row = rowId(offset, index);
  // Names what was recorded and about whom; what the agent wrote stands in the event alone.
  const audit = { workspaceId, actor: event.author.id, action: auditAction(event.name), target: `profile:${about.profileId}`, detail: { row_id: row } };
  await deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, audit, nowMs));
  return { row_id: row, processed: await deps.processed.waitFor(partition, offset, CONTROL_WAIT_MS) };
}

/** `Note Added` → `desk.note_added`. */
function auditAction(name: string): string {
  return `desk.${name.toLowerCase().replaceAll(" ", "_")}`;
}
