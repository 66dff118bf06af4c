// A table, or what a statement in SQL gives, as a file. CSV and NDJSON row by row, with those who stand in the rows kept before these leave;
// Parquet as the engine writes it, when all who stand in it are kept.
import { once } from "node:events";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { exportCreate, exported } from "@tributary/schema/api/exports.ts";
import { BYTE_ORDER_MARK, csvCell, csvLine } from "@tributary/schema/csv.ts";
import type { ExportUnderWay } from "../exports/exports.ts";
import { recordAudit } from "../governance/governance.ts";
import { answerLines, EngineSaid, exportQueryLimits, said, SqlRefused, statementOf, withoutViews, type Answered } from "../sql/sql.ts";
import type { ApiServices } from "./api-services.ts";
import { contentTypes, READER_IDLE_MS_MAX } from "./audience-export.ts";
import { defineRoute, hijacked, type Route } from "./define-route.ts";
import { goneOf } from "./gone.ts";
import { problemOf, withoutPeople } from "./sql.ts";

const LINES = "JSONCompactEachRowWithNamesAndTypes";
const BATCH_ROWS = 1_000;
/** Wide numbers stay exact, as texts; times are those of the API. */
const settings = { output_format_json_quote_64bit_integers: "1", output_format_json_quote_decimals: "1", output_format_json_quote_denormals: "0", date_time_output_format: "iso" };

export function statementExportRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/exports",
    tag: "Exports",
    scopes: ["read", "personal_data"],
    summary: "Write a table, or what a statement in SQL gives, into a file",
    description: "As CSV, NDJSON or Parquet, up to the limit of rows. It goes through the same guard as every statement. Stands in the audit log; whose rows stand in it is kept under the id in the header `x-export-id`.",
    body: exportCreate,
    responses: { 200: exported },
    alsoAnswers: { status: 200, contentType: "text/csv", description: "Always: a file, of the content type that `format` names." },
    handle: async ({ body, workspaceId, actor, nowMs, reply }) => {
      const { table, columns, parameters, format, row_limit: rowsMax } = body;
      let statement = body.statement ?? "";
      let kept: ExportUnderWay | undefined;
      const begin = async (named: readonly string[]): Promise<ExportUnderWay> => (kept ??= await services.beginExport({
        workspaceId, kind: table === undefined ? "query" : "table", what: table ?? "", format, columns: columns ?? named, actor, statement, parameters,
      }));
      let answered: Answered;
      let rows: ReturnType<typeof rowsOf> | undefined;
      let names: readonly string[] = [];
      try {
        if (table !== undefined) statement = statementOf(await services.sql.views({ workspaceId, isMasked: false }), table, columns);
        const asked = { workspaceId, isMasked: false, statement, parameters, limits: exportQueryLimits, rowsMax, signal: goneOf(reply) };
        answered = await services.sql.ask(format === "parquet"
          ? { ...asked, format: "Parquet", formats: new Set(["Parquet"]), settings: { wait_end_of_query: "1" }, people: async (ids) => (await begin([])).add(ids) }
          : { ...asked, format: LINES, formats: new Set([LINES]), settings, people: "beside" });
        rows = format === "parquet" ? undefined : rowsOf(answered);
        names = (await rows?.names()) ?? [];
      } catch (error) {
        await kept?.end(false, null);
        const known = said(error);
        throw known instanceof SqlRefused || known instanceof EngineSaid ? problemOf(known, statement) : error;
      }
      const file = await begin(names);
      const out = reply.hijack().raw;
      out.writeHead(200, {
        "content-type": contentTypes[format], "content-disposition": `attachment; filename="${table ?? "query"}.${format}"`, "cache-control": "no-store", "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer", "x-export-id": file.id,
      });
      let written: number | null = null;
      let isWhole = false;
      try {
        if (rows === undefined) await pipeline(answered.stream, out, { end: false });
        else written = await writeRows(rows.batches(), out, { names, format: format === "csv" ? "csv" : "ndjson", keep: (ids) => file.add(ids) });
        isWhole = true;
      } catch (error) {
        // A file that ends in the middle must not look whole.
        services.deps.logger.warn({ err: error }, "An export broke off");
        out.destroy();
      }
      const detail = { export: file.id, ...(table === undefined ? { hash: answered.hash } : { table }), format, rows: written };
      await services.deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action: "data.export", target: "workspace", detail }, nowMs));
      await file.end(isWhole, written);
      if (isWhole) out.end();
      return hijacked;
    },
  });
}

interface Batch {
  readonly rows: readonly (readonly unknown[])[];
  readonly people: readonly string[];
}

/** What is told of people beside each row is taken out of it. */
function rowsOf({ stream, tellsPeople }: Answered) {
  const lines = answerLines(stream, (words) => new EngineSaid(Number(/Code: (\d+)/.exec(words)?.[1] ?? 1002), "BROKEN_OFF", words === "" ? "The answer broke off." : withoutViews(words)));
  const next = async (): Promise<unknown[] | undefined> => {
    const { value, done } = await lines.next();
    return done === true ? undefined : (JSON.parse(value) as unknown[]); // The format's lines are lists.
  };
  const split = (rows: readonly (readonly unknown[])[]): Batch => (tellsPeople ? withoutPeople([], rows) : { rows, people: [] });
  return {
    /** Once, and first. */
    async names(): Promise<readonly string[]> {
      const all = ((await next()) ?? []).map(String);
      await next(); // The types.
      return tellsPeople ? all.slice(0, -1) : all;
    },
    async *batches(): AsyncGenerator<Batch> {
      let rows: unknown[][] = [];
      for (let row = await next(); row !== undefined; row = await next()) {
        rows.push(row);
        if (rows.length < BATCH_ROWS) continue;
        yield split(rows);
        rows = [];
      }
      if (rows.length > 0) yield split(rows);
    },
  };
}

interface Writing {
  readonly names: readonly string[];
  readonly format: "csv" | "ndjson";
  /** Who stands in the rows that are written next. */
  readonly keep: (ids: readonly string[]) => Promise<void>;
}

/** How many were written. */
async function writeRows(batches: AsyncIterable<Batch>, out: Writable, { names, format, keep }: Writing): Promise<number> {
  if (format === "csv") out.write(`${BYTE_ORDER_MARK}${csvLine(names)}`);
  let written = 0;
  for await (const { rows, people } of batches) {
    await keep(people);
    const text = rows.map((row) => (format === "csv" ? csvLine(row.map(csvCell)) : `${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]])))}\n`)).join("");
    written += rows.length;
    if (!out.write(text)) await once(out, "drain", { signal: AbortSignal.timeout(READER_IDLE_MS_MAX) });
  }
  return written;
}
