// Everybody in an audience as a file: CSV and NDJSON row by row as ClickHouse gives them, so that a million take no more memory than a
// few; Parquet as ClickHouse writes it.
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyReply } from "fastify";
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
export const READER_IDLE_MS_MAX = 60_000;

export const contentTypes = { csv: "text/csv; charset=utf-8", ndjson: "application/x-ndjson", parquet: "application/vnd.apache.parquet" } as const;
type Format = keyof typeof contentTypes;

export function audienceExportRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}/members/export",
    tag: AUDIENCES_TAG,
    scopes: ["read", "personal_data"],
    summary: "Write everybody in an audience into a file",
    description:
      "As CSV, NDJSON or Parquet, with the traits that are named. Stands in the audit log with how many they were, and GET /exports/{id}/people keeps who; the header `x-export-id` says under which id. Those are in it " +
      "whose entry stands in the log of changes.",
    params: slugParams,
    query: memberExportQuery,
    responses: { 200: memberList },
    alsoAnswers: { status: 200, contentType: "text/csv", description: "Always: a file, of the content type that `format` names." },
    handle: async ({ params, query, workspaceId, actor, nowMs, reply }) => {
      const audience = await findAudience(services, workspaceId, params.slug);
      const columns = query.columns ?? ["id", "since", "known", "identifiers", ...query.traits.map((name) => `${TRAIT}${name}`)];
      await sendAudience(services, reply, { workspaceId, audience, columns, format: query.format, rowLimit: query.row_limit, nowMs, of: { kind: "audience", actor } }, (people) => services.deps.workspaceDb.run(workspaceId, (db) =>
        recordAudit(db, { workspaceId, actor, action: "audience.export", target: `audience:${audience.slug}`, detail: { people, format: query.format, traits: columns.filter((name) => name.startsWith(TRAIT)).map((name) => name.slice(TRAIT.length)) } }, nowMs)));
      return hijacked;
    },
  });
}

/** Before the name of a trait among columns. */
export const TRAIT = "trait.";

export interface SentAudience {
  readonly workspaceId: number;
  readonly audience: Pick<StoredAudience, "id" | "slug">;
  /** `id`, `since`, `known`, `identifiers`, and traits as `trait.plan`. */
  readonly columns: readonly string[];
  readonly format: Format;
  readonly rowLimit?: number | undefined;
  readonly nowMs: number;
  readonly of: { readonly kind: "audience" | "share"; readonly actor: string; readonly shareId?: string | undefined };
}

/** Takes the answer over. `audit`: with how many stand in the file, before it ends and also where it breaks off. */
export async function sendAudience(services: ApiServices, reply: FastifyReply, sent: SentAudience, audit: (people: number) => Promise<void>): Promise<void> {
  const { workspaceId, audience, columns, format } = sent;
  const leaving = await services.deps.workspaceDb.run(workspaceId, (db) => readLeaving(db, workspaceId, audience.id));
  const traits = columns.filter((name) => name.startsWith(TRAIT)).map((name) => name.slice(TRAIT.length));
  const asked: Asked = { ...sent, leaving, traits, signal: goneOf(reply) };
  // The first answer of ClickHouse before the first byte: what fails at once is answered as an error.
  const source = format === "parquet" ? await parquetOf(services, asked) : await rowsOf(services, asked);
  const kept = await services.beginExport({ workspaceId, what: audience.slug, format, columns, ...sent.of });
  const out = reply.hijack().raw;
  out.writeHead(200, {
    "content-type": contentTypes[format], "content-disposition": `attachment; filename="${audience.slug}.${format}"`, "cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "x-export-id": kept.id,
  });
  let people = 0;
  let isWhole = false;
  try {
    try {
      if (format === "parquet") {
        for await (const ids of idsOf(services, asked)) people += await kept.add(ids).then(() => ids.length);
      } else for await (const count of writeRows(source as AsyncIterable<readonly Row[]>, out, { columns, format, keep: (ids) => kept.add(ids) })) people += count;
    } finally {
      await audit(people);
    }
    if (format === "parquet") await pipeline(source as Readable, out, { end: false });
    isWhole = true;
  } catch (error) {
    // A file that ends in the middle must not look whole.
    services.deps.logger.warn({ err: error }, "An export broke off");
    out.destroy();
  }
  await kept.end(isWhole);
  if (isWhole) out.end();
}

interface Asked extends Pick<SentAudience, "workspaceId" | "audience" | "nowMs" | "rowLimit" | "columns"> {
  /** Suppressed, and not yet taken out. */
  readonly leaving: readonly string[];
  readonly traits: readonly string[];
  readonly signal: AbortSignal;
}

/** Id, since when, known or not, identifiers, and the JSON text of each trait. */
type Row = readonly [id: string, sinceMs: number, known: number, identifiers: readonly string[], ...traits: string[]];

/** `json`: a Row; `text`: the chosen columns. */
function questionOf({ workspaceId, audience, leaving, traits, columns, nowMs, rowLimit, signal }: Asked, shape: "json" | "text") {
  const params = Object.fromEntries(traits.map((name, i) => [`t${i}`, name]));
  const json = (i: number): string => `ifNull(toJSONString(getSubcolumn(traits, {t${i}:String})), '')`;
  const values = traits.map((name, i) => {
    const text = `if(startsWith(${json(i)}, '"'), JSONExtractString(${json(i)}), if(${json(i)} = 'null', '', ${json(i)}))`;
    // The name of a column is no value, so it can't be bound.
    return shape === "json" ? json(i) : `${text} as \`trait_${name.replace(/[^\w ]/g, "_")}_${i}\``;
  });
  const since = shape === "json" ? "toInt64(toUnixTimestamp64Milli(since))" : "since";
  const own = { id: "toString(member.profile_id) as id", since: `${since} as since_at`, known: "is_anonymous = 0 as known", identifiers: "identifiers" } as const;
  const chosen = columns.map((name) => own[name as keyof typeof own] ?? values[traits.indexOf(name.slice(TRAIT.length))] ?? "''"); // A trait has no column of its own.
  return {
    query: `select ${(shape === "json" ? [...Object.values(own), ...values] : chosen).join(", ")}
      from (select profile_id, is_anonymous, identifiers, traits from profiles final where workspace_id = {workspace:UInt32} and deleted = 0 and profile_id not in {leaving:Array(UUID)} and profile_id in (select profile_id from (${membersAtSql()}))) as person
      inner join (${membersAtSql()}) as member on member.profile_id = person.profile_id${limitOf(rowLimit)}`,
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

/** The same ones at every time, as long as they are in it. */
function limitOf(rowLimit: number | undefined): string {
  return rowLimit === undefined ? "" : ` order by toString(member.profile_id) limit ${Math.trunc(rowLimit)}`;
}

async function* idsOf({ deps }: ApiServices, asked: Asked): AsyncGenerator<string[]> {
  const result = await deps.clickhouse.query({ ...questionOf({ ...asked, traits: [] }, "json"), format: "JSONCompactEachRow" });
  for await (const rows of result.stream<Row>()) yield rows.map((row) => row.json<Row>()[0]);
}

interface Written {
  readonly columns: readonly string[];
  readonly format: Exclude<Format, "parquet">;
  /** Who stands in the rows that are written next. */
  readonly keep: (ids: readonly string[]) => Promise<void>;
}

/** Says how many more were written, again and again. */
async function* writeRows(source: AsyncIterable<readonly Row[]>, out: Writable, { columns, format, keep }: Written): AsyncGenerator<number> {
  if (format === "csv") out.write(`${BYTE_ORDER_MARK}${csvLine(columns.map((name) => (name.startsWith(TRAIT) ? name.slice(TRAIT.length) : name)))}`);
  const traits = columns.filter((name) => name.startsWith(TRAIT));
  for await (const rows of source) {
    let text = "";
    for (const [id, sinceMs, known, identifiers, ...values] of rows) {
      const own: Readonly<Record<string, string | boolean | readonly string[]>> = { id, since: iso(sinceMs), known: known === 1, identifiers };
      const json = (name: string): string => values[traits.indexOf(name)] ?? "";
      text += format === "csv" ? csvLine(columns.map((name) => (name.startsWith(TRAIT) ? cellOf(json(name)) : name === "identifiers" ? identifiers.join(" ") : (own[name] as string | boolean))))
        : `${JSON.stringify({ ...Object.fromEntries(columns.filter((name) => !name.startsWith(TRAIT)).map((name) => [name, own[name]])), traits: Object.fromEntries(traits.map((name) => [name.slice(TRAIT.length), valueOf(json(name))])) })}\n`;
    }
    await keep(rows.map(([id]) => id));
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
