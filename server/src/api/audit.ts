// The audit log: every change that somebody made, and every look at people.
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
      scopes: ["audit"],
      summary: "Who changed what, and who looked at whom",
      description:
        "The latest first. Reads of people stand here, too: of an account each thing it looked at, once for some minutes with a count; of a " +
        "token, once a minute, how often and whom.",
      query: auditQuery,
      responses: { 200: auditList },
      handle: async ({ query, workspaceId }) => {
        const beforeId = decodeCursor(idPlace, query.cursor)?.[0];
        const { action, actor, target, text, limit } = query;
        const [fromMs, toMs] = [query.from, query.to].map((time) => (time === undefined ? undefined : Date.parse(time)));
        const filter = { beforeId, action, actor, target, text: text?.trim() === "" ? undefined : text?.trim(), fromMs, toMs, limit: limit + 1 };
        const entries = await services.deps.workspaceDb.run(workspaceId, (db) => listAudit(db, workspaceId, filter));
        return {
          status: 200,
          body: pageFrom(
            entries,
            query.limit,
            ({ actorName, ...entry }) => ({ ...entry, actor_name: actorName, at: entry.at.toISOString() }),
            (entry) => [entry.id],
          ),
        };
      },
    }),
  ];
}
