// Questions in SQL, for the console and for programs that speak JSON. What may be asked, and the masks, are the views' own (server/src/sql/).
import { text as readText } from "node:stream/consumers";
import { z } from "zod";
import { sqlAnswer, sqlQuestion, sqlViews } from "@tributary/schema/api/sql.ts";
import { AppError } from "../core/errors.ts";
import { consoleQueryLimits, EngineSaid, hashOf, placeIn, said, SqlRefused } from "../sql/sql.ts";
import { fields, keep } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";

/** Nothing is left to mask: to whom this applies, the views give masks. */
const answerMask = fields({ columns: keep, rows: keep, is_cut: keep, query_id: keep, export_id: keep, duration_ms: keep, read_rows: keep, views: keep });

const answerJson = z.object({
  meta: z.array(z.object({ name: z.string(), type: z.string() })),
  data: z.array(z.array(z.unknown())),
  statistics: z.object({ rows_read: z.number() }).optional(),
});

export function sqlRoutes(services: ApiServices): Route[] {
  return [viewsRoute(services), askRoute(services)];
}

function viewsRoute({ sql }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/sql/views",
    tag: "SQL",
    scopes: ["read"],
    summary: "List the views that can be read in SQL",
    description: "Those that every workspace has, then one for each event by its name, with the properties that were seen as columns.",
    responses: { 200: sqlViews },
    handle: async ({ workspaceId, isMasked }) => {
      const views = [...(await sql.views({ workspaceId, isMasked })).values()];
      const data = views.flatMap(({ name, kind, about, columns }) => (kind === "system" ? [] : [{ name, kind, about, columns: columns.map((one) => ({ name: one.name, type: one.type, about: one.about })) }]));
      return { status: 200, body: { data } };
    },
  });
}

function askRoute({ sql, keepAnswer }: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/sql",
    tag: "SQL",
    scopes: ["read"],
    summary: "Ask in SQL",
    description: "Runs one SELECT over the workspace's views, within limits, and changes nothing. Without the scope `personal_data` values of people are masks, in what is compared and counted too. Stands in the audit log by its hash; whose rows came out is kept under `export_id`.",
    body: sqlQuestion,
    responses: { 200: sqlAnswer },
    masks: answerMask,
    handle: async ({ body, workspaceId, isMasked, actor, reply }) => {
      const { statement, parameters, rows_max: rowsMax } = body;
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const began = performance.now();
      const kept = keepAnswer({ workspaceId, actor, statement, parameters, via: "console", isMasked });
      const record = (views: readonly string[], told: { rows: number | null; bytes: number; failure?: string }) =>
        sql.record({ workspaceId, actor, hash: hashOf(statement), views, via: "console", isMasked, durationMs: performance.now() - began, exportId: kept.id(), ...told });
      try {
        const { stream, queryId, views, tellsPeople } = await sql.ask({
          workspaceId, isMasked, statement, parameters, rowsMax: rowsMax + 1, limits: consoleQueryLimits, format: "JSONCompact", formats: new Set(["JSONCompact"]), signal: gone.signal, people: "beside",
        });
        const text = await readText(stream);
        const { meta, data, statistics } = answerJson.parse(JSON.parse(text));
        const answered = data.slice(0, rowsMax);
        const { columns, rows, people } = tellsPeople ? withoutPeople(meta, answered) : { columns: meta, rows: answered, people: [] };
        await kept.add(people);
        await kept.end({ isWhole: true, rows: rows.length });
        await record(views, { rows: rows.length, bytes: text.length });
        return {
          status: 200,
          body: { columns: [...columns], rows: rows.map((row) => [...row]), is_cut: data.length > rowsMax, query_id: queryId, export_id: kept.id() ?? null, duration_ms: performance.now() - began, read_rows: statistics?.rows_read ?? 0, views: [...views] },
        };
      } catch (error) {
        const known = said(error, gone.signal);
        if (!(known instanceof SqlRefused || known instanceof EngineSaid)) throw error;
        await record([], { rows: null, bytes: 0, failure: known.codeName });
        throw problemOf(known, statement);
      }
    },
  });
}

/** Without the last column, and the ids that stood there, each once. */
export function withoutPeople<C>(columns: readonly C[], rows: readonly (readonly unknown[])[]) {
  const people = new Set(rows.flatMap((row) => peopleIn.parse(row.at(-1))));
  return { columns: columns.slice(0, -1), rows: rows.map((row) => row.slice(0, -1)), people: [...people] };
}

const peopleIn = z.array(z.guid());

/** Of the engine's errors those that say: too much. */
const tooMuch = new Set([158, 159, 160, 241, 307, 396]);

export function problemOf(known: SqlRefused | EngineSaid, statement: string): AppError {
  if (known instanceof SqlRefused) {
    if (known.codeName === "TOO_MANY_SIMULTANEOUS_QUERIES") return new AppError("rate_limited", { detail: known.text, retryAfterSeconds: 1 });
    const place = known.at === undefined ? undefined : placeIn(statement, known.at);
    return new AppError("invalid_statement", { detail: `${place === undefined ? "" : `Line ${place.line}, column ${place.column}: `}${known.text}` });
  }
  return tooMuch.has(known.code)
    ? new AppError("limit_reached", { detail: known.text, hint: "Ask for fewer rows, or for less time; docs/sql.md tells the limits." })
    : new AppError("invalid_statement", { detail: known.text });
}
