// Copies of the running server: when files may be copied, and until when they stay. The copying is done by the command
// line, which reads the data directory itself, so that no request makes the server write anywhere.
import { backupBegun, backupCut, backupEnded, backupEndQuery, backupParams, type BackupCut, type BackupOutcome } from "@tributary/schema/api/backups.ts";
import { z } from "zod";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { recordAudit } from "../governance/governance.ts";
import { defineRoute, type Route } from "./define-route.ts";

export interface Backups {
  /** Throws AppError `conflict` while there is another, `copy_refused` when an engine runs elsewhere. */
  begin(): Promise<{ readonly id: string; readonly renewWithinMs: number }>;
  /** Each of these throws AppError `not_found` once the backup was given up. */
  renew(id: string): void;
  /** Throws AppError `unavailable` when ClickHouse is not at rest in time; then it may be tried again. */
  cut(id: string): Promise<BackupCut>;
  end(id: string, outcome: BackupOutcome): Promise<void>;
}

interface BackupRoutesDeps {
  readonly backups: Backups;
  readonly workspaceDb: WorkspaceDb;
}

const tag = "Backups";
const scopes = ["installation"] as const;

/** Routes for ApiDeps.moreRoutes. */
export function backupRoutes({ backups, workspaceDb }: BackupRoutesDeps): readonly Route[] {
  const audit = (context: { workspaceId: number; actor: string; nowMs: number }, action: string, id: string, detail = {}): Promise<void> =>
    workspaceDb.transaction(context.workspaceId, (db) =>
      recordAudit(db, { workspaceId: context.workspaceId, actor: context.actor, action, target: `backup:${id}`, detail }, context.nowMs));
  return [
    defineRoute({
      method: "POST", path: "/backups", tag, scopes, summary: "Begin a copy of the running server",
      description: "For `tributary backup` on the server's machine, which copies the files. One at a time. From now on Postgres keeps what the copy needs.",
      responses: { 201: backupBegun },
      handle: async (context) => {
        const { id, renewWithinMs } = await backups.begin();
        await audit(context, "backup.begin", id);
        return { status: 201, body: { id, started_at: new Date(context.nowMs).toISOString(), renew_within_seconds: renewWithinMs / 1000 } };
      },
    }),
    defineRoute({
      method: "POST", path: "/backups/{id}/renewal", tag, scopes, summary: "Say that a copy is still being made",
      params: backupParams, responses: { 200: z.strictObject({ id: z.string() }) },
      handle: async ({ params: { id } }) => {
        backups.renew(id);
        return { status: 200, body: { id } };
      },
    }),
    defineRoute({
      method: "POST", path: "/backups/{id}/cut", tag, scopes, summary: "Set the moment that the copy shows",
      description: "Nothing is sent to ClickHouse for a moment, so that both databases are of one moment. Collection and the pipeline go on.",
      params: backupParams, responses: { 200: backupCut },
      handle: async ({ params: { id } }) => ({ status: 200, body: await backups.cut(id) }),
    }),
    defineRoute({
      method: "DELETE", path: "/backups/{id}", tag, scopes, summary: "End a copy",
      description: "With `outcome=copied`, a 200 says that all that was to be copied was there until now.",
      params: backupParams, query: backupEndQuery, responses: { 200: backupEnded },
      handle: async (context) => {
        const { params: { id }, query: { outcome } } = context;
        await backups.end(id, outcome);
        await audit(context, "backup.end", id, { outcome });
        return { status: 200, body: { id, outcome } };
      },
    }),
  ];
}
