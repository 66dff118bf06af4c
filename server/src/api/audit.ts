// The audit log: every change that somebody made.
import { z } from "zod";
import { auditList, auditQuery } from "@tributary/schema/api/workspace.ts";
import { listAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";

const idPlace = z.tuple([cursorRow]);

export function auditRoutes(services: ApiServices): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/audit",
      tag: "Audit",
      scopes: ["admin"],
      summary: "Who changed what",
      description: "The latest first.",
      query: auditQuery,
      responses: { 200: auditList },
      handle: async ({ query, workspaceId }) => {
        const beforeId = decodeCursor(idPlace, query.cursor)?.[0];
        const entries = await services.deps.workspaceDb.run(workspaceId, (db) =>
          listAudit(db, workspaceId, {
            limit: query.limit + 1,
            ...(beforeId === undefined ? {} : { beforeId }),
            ...(query.action === undefined ? {} : { action: query.action }),
            ...(query.actor === undefined ? {} : { actor: query.actor }),
            ...(query.target === undefined ? {} : { target: query.target }),
          }),
        );
        return {
          status: 200,
          body: pageFrom(
            entries,
            query.limit,
            (entry) => ({ ...entry, at: entry.at.toISOString() }),
            (entry) => [entry.id],
          ),
        };
      },
    }),
  ];
}
