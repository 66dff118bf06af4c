// Everybody in an audience as a file: CSV and NDJSON row by row as ClickHouse gives them, so that a million take no more memory than a
// few; Parquet as ClickHouse writes it.
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { memberExportQuery, memberList } from "@tributary/schema/api/audiences.ts";
import { BYTE_ORDER_MARK, csvLine } from "@tributary/schema/csv.ts";
import { membersAtSql, readLeaving, type StoredAudience } from "../audiences/audiences.ts";
import { recordAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { findAudience } from "./audience-membership.ts";
import { AUDIENCES_TAG, slugParams } from "./audiences.ts";
import { defineRoute, hijacked, type Route } from "./define-route.ts";
import { goneOf } from "./gone.ts";
import { iso } from "./iso.ts";

/** Of one export, in ClickHouse. */
const LIMITS = { max_execution_time: 600, max_memory_usage: "2000000000", max_threads: 2, wait_end_of_query: 0 } as const;

/** Whoever takes nothing for so long gets no more. */
const READER_IDLE_MS_MAX = 60_000;

const contentTypes = { csv: "text/csv; charset=utf-8", ndjson: "application/x-ndjson", parquet: "application/vnd.apache.parquet" } as const;
type Format = keyof typeof contentTypes;

export function audienceExportRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}/members/export",
    tag: AUDIENCES_TAG,
    scopes: ["read", "personal_data"],
    summary: "Write everybody in an audience into a file",
    description: "As CSV, NDJSON or Parquet, with the traits that are named. Stands in the audit log with how many they were. Those are in it whose entry stands in the log of changes.",
    params: slugParams,
    query: memberExportQuery,
    responses: { 200: memberList },
    alsoAnswers: { status: 200, contentType: "text/csv", description: "Always: a file, of the content type that `format` names." },
    handle: async ({ params, query, workspaceId, actor, nowMs, reply }) => {
      const audience = await findAudience(services, workspaceId, params.slug);
      const leaving = await services.deps.workspaceDb.run(workspaceId, (db) => readLeaving(db, workspaceId, audience.id));
      const asked: Asked = { workspaceId, audience, leaving, traits: query.traits, nowMs, signal: goneOf(reply) };
      // The first answer of ClickHouse before the first byte: what fails at once is answered as an error.
      const source = query.format === "parquet" ? await parquetOf(services, asked) : await rowsOf(services, asked);
      const out = reply.hijack().raw;
      out.writeHead(200, {
        "content-type": contentTypes[query.format], "content-disposition": `attachment; filename="${audience.slug}.${query.format}"`, "cache-control": "no-store", "x-content-type-options": "nosniff",
      });
      const audit = (people: number): Promise<void> => services.deps.workspaceDb.run(workspaceId, (db) =>
        recordAudit(db, { workspaceId, actor, action: "audience.export", target: `audience:${audience.slug}`, detail: { people, format: query.format, traits: query.traits } }, nowMs));
      // Rows that were sent stand in the audit log before the file ends, also where it breaks off.
      let people = 0;
      try {
        if (query.format === "parquet") {
          await audit(await countMembers(services, asked));
          await pipeline(source as Readable, out);
        } else {
          try {
            for await (const count of writeRows(source as AsyncIterable<readonly Row[]>, out, query.format, query.traits)) people += count;
          } finally {
            await audit(people);
          }
          out.end();
        }
      } catch (error) {
        // A file that ends in the middle must not look whole.
        services.deps.logger.warn({ err: error }, "An export broke off");
        out.destroy();
      }
      return hijacked;
    },
  });
}

interface Asked {
  readonly workspaceId: number;
  readonly audience: StoredAudience;
  /** Suppressed, and not yet taken out. */
  readonly leaving: readonly string[];
  readonly traits: readonly string[];
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Id, since when, known or not, identifiers, and the JSON text of each trait. */
type Row = readonly [id: string, sinceMs: number, known: number, identifiers: readonly string[], ...traits: string[]];

function questionOf({ workspaceId, audience, leaving, traits, nowMs, signal }: Asked, shape: "json" | "text") {
  const params = Object.fromEntries(traits.map((name, i) => [`t${i}`, name]));
  const json = (i: number): string => `ifNull(toJSONString(getSubcolumn(traits, {t${i}:String})), '')`;
  const values = traits.map((name, i) => {
    const text = `if(startsWith(${json(i)}, '"'), JSONExtractString(${json(i)}), if(${json(i)} = 'null', '', ${json(i)}))`;
    // The name of a column is no value, so it can't be bound.
    return shape === "json" ? json(i) : `${text} as \`trait_${name.replace(/[^\w ]/g, "_")}_${i}\``;
  });
  const since = shape === "json" ? "toInt64(toUnixTimestamp64Milli(since))" : "since";
  return {
    query: `select ${["toString(member.profile_id) as id", `${since} as since_at`, "is_anonymous = 0 as known", "identifiers", ...values].join(", ")}
      from (select profile_id, is_anonymous, identifiers, traits from profiles final where workspace_id = {workspace:UInt32} and deleted = 0 and profile_id not in {leaving:Array(UUID)} and profile_id in (select profile_id from (${membersAtSql()}))) as person
      inner join (${membersAtSql()}) as member on member.profile_id = person.profile_id`,
    query_params: { ...params, leaving, workspace: workspaceId, audience: audience.id, at: nowMs }, clickhouse_settings: LIMITS, abort_signal: signal,
  };
}

async function rowsOf({ deps }: ApiServices, asked: Asked): Promise<AsyncIterable<readonly Row[]>> {
  const result = await deps.clickhouse.query({ ...questionOf(asked, "json"), format: "JSONCompactEachRow" });
  const stream = result.stream<Row>();
  return (async function* () {
    for await (const rows of stream) yield rows.map((row) => row.json<Row>());
  })();
}

async function parquetOf({ deps }: ApiServices, asked: Asked): Promise<Readable> {
  const { query, ...rest } = questionOf(asked, "text");
  // Whole before its first byte: an error behind it would be a part of the file.
  return (await deps.clickhouse.exec({ ...rest, query: `${query}\nformat Parquet`, clickhouse_settings: { ...LIMITS, wait_end_of_query: 1 } })).stream;
}

async function countMembers({ scan }: ApiServices, { workspaceId, audience, leaving, nowMs }: Asked): Promise<number> {
  const [row] = await scan<{ people: number }>(
    workspaceId, `select count() as people from profiles final where workspace_id = {workspace:UInt32} and deleted = 0 and profile_id not in {leaving:Array(UUID)} and profile_id in (select profile_id from (${membersAtSql()}))`,
    { audience: audience.id, at: nowMs, leaving });
  return row?.people ?? 0;
}

/** Says how many more were written, again and again. */
async function* writeRows(source: AsyncIterable<readonly Row[]>, out: Writable, format: Exclude<Format, "parquet">, traits: readonly string[]): AsyncGenerator<number> {
  if (format === "csv") out.write(`${BYTE_ORDER_MARK}${csvLine(["id", "since", "known", "identifiers", ...traits])}`);
  for await (const rows of source) {
    let text = "";
    for (const [id, sinceMs, known, identifiers, ...values] of rows) {
      const since = iso(sinceMs);
      text += format === "csv" ? csvLine([id, since, known === 1, identifiers.join(" "), ...values.map(cellOf)])
        : `${JSON.stringify({ id, since, known: known === 1, identifiers, traits: Object.fromEntries(traits.map((name, i) => [name, valueOf(values[i] ?? "")])) })}\n`;
    }
    const isTaken = out.write(text);
    yield rows.length;
    if (!isTaken) await once(out, "drain", { signal: AbortSignal.timeout(READER_IDLE_MS_MAX) });
  }
}

function valueOf(json: string): unknown {
  return json === "" ? null : JSON.parse(json);
}

/** Texts as they are; lists and objects as JSON. */
function cellOf(json: string): string | number | boolean | null {
  const value = valueOf(json);
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return json;
}
