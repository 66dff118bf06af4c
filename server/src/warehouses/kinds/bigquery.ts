// BigQuery by its REST interface with a service account: a query is handed in and waited for, and its pages are fetched one after another.
// Where requests go is Google's and stands here: what a key file says of addresses is not followed.
import type { ColumnType } from "@tributary/schema/warehouse/query.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { defineWarehouse, type At, type Reading, type Want } from "../define-warehouse.ts";
import { batchesOf, type SizedRow } from "../pulled-rows.ts";
import { said, tablesOf } from "../said.ts";
import { keyProblem, privateKeyOf, signedToken } from "../signed-token.ts";
import { singleQuery } from "../single-query.ts";
import { askJson, asSubquery, letGo, listIn, recordIn, textIn, waitFor, type Failed, type Json } from "../statement-api.ts";
import { dateOf, decimalOf, instantOf, instantOfMs, integerOf, jsonOf, numberOf } from "../values.ts";
import { WarehouseError, warehouseLimits as limits, type Column, type Value } from "../warehouse.ts";

const API = "https://bigquery.googleapis.com";
const TOKENS = "https://oauth2.googleapis.com";
const SCOPE = "https://www.googleapis.com/auth/bigquery.readonly";
/** Pages without a row that are borne one after another. */
const EMPTY_PAGES_MAX = 100;

export const bigquery = defineWarehouse({
  slug: "bigquery",
  name: "BigQuery",
  description: "Reads tables and views of Google BigQuery by SQL, with a service account.",
  reads: "sql",
  notes: ["Google charges for what a query scans; a look at its columns scans nothing.", "A DATETIME is taken as UTC."],
  proof: "documentation",
  settings: [
    { key: "project", label: "Project", type: "string", required: true, description: "Which pays for the queries." },
    { key: "location", label: "Location", type: "string", placeholder: "EU", description: "Of the data sets; none: BigQuery finds it." },
    { key: "dataset", label: "Data set", type: "string", description: "Of tables that are named without one." },
    { key: "clientEmail", label: "Service account", type: "string", required: true, placeholder: "reader@shop.iam.gserviceaccount.com", description: "client_email of its key file." },
    { key: "privateKey", label: "Private key", type: "password", required: true, description: "private_key of its key file." },
  ],
  check: ({ project, dataset, privateKey }) => {
    const key = keyProblem(privateKey, undefined);
    return [
      ...(/^[a-z0-9.:-]{4,64}$/.test(String(project)) ? [] : [{ field: "project", problem: "This is no id of a project." }]),
      ...(dataset === undefined || dataset === "" || /^\w{1,1024}$/.test(String(dataset)) ? [] : [{ field: "dataset", problem: "A data set is named by letters, digits and _." }]),
      ...(key === undefined ? [] : [{ field: "privateKey", problem: key }]),
    ];
  },
  places: () => [],
  async test(at) {
    const reading = await openBigQuery(at, "SELECT 1 AS one", { batchRows: 1, rowsMax: 1 });
    await reading.next().finally(() => reading.close());
  },
  open: (at, query, want) => openBigQuery(at, query.kind === "sql" ? query.sql : "", want),
  async tables(at, search) {
    const { dataset, location } = at.settings;
    const where = typeof dataset === "string" && dataset !== "" ? `\`${dataset}\`` : `\`region-${String(location === undefined || location === "" ? "us" : location).toLowerCase().replaceAll(/[^a-z0-9-]/g, "")}\``;
    const sql = `SELECT table_schema, table_name, column_name, data_type FROM ${where}.INFORMATION_SCHEMA.COLUMNS WHERE STRPOS(LOWER(CONCAT(table_schema, '.', table_name)), @search) > 0
      ORDER BY table_schema, table_name, ordinal_position LIMIT ${limits.tableColumnsMax}`;
    const rows: string[][] = [];
    const parameters = { parameterMode: "NAMED", queryParameters: [{ name: "search", parameterType: { type: "STRING" }, parameterValue: { value: search.toLowerCase() } }] };
    const reading = await openBigQuery(at, sql, { batchRows: limits.tableColumnsMax, rowsMax: limits.tableColumnsMax }, parameters);
    for (let batch = await reading.next(); batch !== undefined; batch = await reading.next()) rows.push(...batch.map((row) => Object.values(row).map(String)));
    return tablesOf(rows);
  },
});

const failed = (at: At): Failed => (status, body) => problemOf(at, status, recordIn(body["error"]), textIn(body["error_description"]) || textIn(body["error"]));

function problemOf(at: At, status: number, error: Json, otherwise: string): WarehouseError {
  const reason = textIn(recordIn(listIn(error["errors"])[0])["reason"]) || textIn(error["reason"]);
  const shown = said(at.clean(textIn(error["message"]) || otherwise));
  if (["rateLimitExceeded", "backendError", "internalError", "jobBackendError", "jobInternalError", "jobRateLimitExceeded", "tableUnavailable", "resourcesExceeded"].includes(reason) || status === 429 || status >= 500) {
    return new WarehouseError("failed", `BigQuery is busy or failed (${reason || status}). ${shown}`);
  }
  if (reason === "timeout" || reason === "stopped") return new WarehouseError("timeout", `BigQuery stopped the query. ${shown}`);
  if (status === 401 || status === 403 || reason === "accessDenied" || otherwise.startsWith("invalid_grant") || /^Invalid (grant|JWT)/i.test(otherwise)) return new WarehouseError("unauthorized", `Google does not let us in, or not read this (${reason || status}). ${shown}`);
  return new WarehouseError("refused", `BigQuery does not take the query (${reason || status}). ${shown}`);
}

/** Tokens of an hour, renewed before they end. */
function authorizer(at: At): () => Promise<Record<string, string>> {
  let held: { readonly token: string; readonly untilMs: number } | undefined;
  return async () => {
    const nowMs = at.parts.nowMs();
    if (held === undefined || nowMs > held.untilMs) {
      const key = privateKeyOf(String(at.settings["privateKey"]), undefined);
      const nowSeconds = Math.floor(nowMs / 1000);
      const assertion = signedToken(key, { iss: at.settings["clientEmail"], scope: SCOPE, aud: `${TOKENS}/token`, iat: nowSeconds, exp: nowSeconds + 3_600 });
      const { body } = await askJson(at, {
        method: "POST", url: `${TOKENS}/token`, headers: { "content-type": "application/x-www-form-urlencoded" }, body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }).toString(),
      }, (status, error, reply) => (status === 400 || status === 401 ? new WarehouseError("unauthorized", `Google does not take the service account's key. ${said(at.clean(textIn(error["error_description"])))}`) : failed(at)(status, error, reply)), { isRepeatable: true });
      const token = textIn(body["access_token"]);
      if (token === "") throw new WarehouseError("broken", "Google gave no token.");
      held = { token, untilMs: nowMs + 50 * 60_000 };
    }
    return { authorization: `Bearer ${held.token}`, "content-type": "application/json", accept: "application/json" };
  };
}

async function openBigQuery(at: At, sql: string, want: Want, more: object = {}): Promise<Reading> {
  const query = singleQuery(sql);
  if (query === undefined) throw new WarehouseError("refused", "BigQuery takes one query: there is a semicolon in the middle, or a text without an end.");
  const { project, location, dataset } = at.settings;
  const headers = authorizer(at);
  const base = `${API}/bigquery/v2/projects/${encodeURIComponent(String(project))}`;
  const place = typeof location === "string" && location !== "" ? { location } : {};
  const asked = {
    query: asSubquery(query, want.rowsMax === 0 ? undefined : want.rowsMax), useLegacySql: false, maxResults: want.batchRows, timeoutMs: 10_000, formatOptions: { useInt64Timestamp: true }, ...place,
    // Columns alone are told without a row being scanned.
    ...(want.rowsMax === 0 ? { dryRun: true } : {}), ...(typeof dataset === "string" && dataset !== "" ? { defaultDataset: { projectId: project, datasetId: dataset } } : {}), ...more,
  };
  const first = (await askJson(at, { method: "POST", url: `${base}/queries`, headers: await headers(), body: JSON.stringify(asked) }, failed(at))).body;
  const job = recordIn(first["jobReference"]);
  const jobId = textIn(job["jobId"]);
  const jobPlace = textIn(job["location"]) === "" ? place : { location: textIn(job["location"]) };
  const page = async (more: Readonly<Record<string, string>>): Promise<Json> => {
    const parameters = new URLSearchParams({ maxResults: String(want.batchRows), timeoutMs: "10000", "formatOptions.useInt64Timestamp": "true", ...jobPlace, ...more });
    return (await askJson(at, { method: "GET", url: `${base}/queries/${encodeURIComponent(jobId)}?${parameters.toString()}`, headers: await headers() }, failed(at), { isRepeatable: true })).body;
  };
  try {
    let reply: Json | undefined = first;
    const done = want.rowsMax === 0 ? first : await waitFor(at, async () => {
      reply ??= await page({});
      const now = reply;
      reply = undefined;
      const [error] = listIn(now["errors"]).map(recordIn);
      if (error !== undefined && now["jobComplete"] === true && now["schema"] === undefined) throw problemOf(at, 400, error, "");
      if (now["jobComplete"] === true) return now;
      if (now["jobComplete"] !== false || jobId === "") throw new WarehouseError("broken", "What answered is no BigQuery: it doesn't say how the query does.");
      return undefined;
    });
    const fields = listIn(recordIn(done["schema"])["fields"]).map(recordIn);
    if (fields.length === 0) throw new WarehouseError("broken", "BigQuery's reply does not name its columns.");
    const columns = fields.map((field): Column => ({ name: textIn(field["name"]), type: typeOf(field), nativeType: nativeOf(field) }));
    return { columns, ...batchesOf(rowsOf(columns, fields.map(readerOf), done, (pageToken) => page({ pageToken })), want) };
  } catch (error) {
    if (at.signal.aborted && jobId !== "") await letGo(at, { method: "POST", url: `${base}/jobs/${encodeURIComponent(jobId)}/cancel?${new URLSearchParams(jobPlace).toString()}`, headers: await headers() });
    throw error;
  }
}

async function* rowsOf(columns: readonly Column[], readers: readonly ((value: unknown) => Value)[], first: Json, page: (token: string) => Promise<Json>): AsyncGenerator<SizedRow> {
  let empty = 0;
  for (let now = first; ;) {
    const rows = listIn(now["rows"]);
    empty = rows.length === 0 ? empty + 1 : 0;
    for (const row of rows) {
      const cells = listIn(recordIn(row)["f"]);
      if (cells.length !== columns.length) throw new WarehouseError("broken", "A row of BigQuery has not as many values as there are columns.");
      let bytes = 0;
      const entries = columns.map(({ name }, index): [string, Value] => {
        const value = recordIn(cells[index])["v"];
        bytes += typeof value === "string" ? value.length : 64;
        return [name, value === null || value === undefined ? null : readers[index]?.(value) ?? null];
      });
      yield { row: Object.fromEntries(entries), bytes };
    }
    const token = textIn(now["pageToken"]);
    if (token === "") return;
    if (empty > EMPTY_PAGES_MAX) throw new WarehouseError("broken", "BigQuery's pages come without rows and without an end.");
    const next = await page(token);
    if (textIn(next["pageToken"]) === token) throw new WarehouseError("broken", "BigQuery's pages come in a circle.");
    now = next;
  }
}

// ── Types ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const nativeOf = (field: Json): string => (field["mode"] === "REPEATED" ? `ARRAY<${textIn(field["type"])}>` : textIn(field["type"]));

function typeOf(field: Json): ColumnType {
  const name = textIn(field["type"]).toUpperCase();
  if (name === "BYTES") return "binary";
  if (field["mode"] === "REPEATED" || ["RECORD", "STRUCT", "JSON"].includes(name)) return "json";
  if (["INTEGER", "INT64", "FLOAT", "FLOAT64"].includes(name)) return "number";
  if (["NUMERIC", "BIGNUMERIC"].includes(name)) return "decimal";
  if (["BOOLEAN", "BOOL"].includes(name)) return "boolean";
  if (name === "DATE") return "date";
  return name === "TIMESTAMP" || name === "DATETIME" ? "instant" : "text";
}

/** Values are texts; of lists and records they lie in objects with the key `v`, and those of a record in `f`. */
function readerOf(field: Json): (value: unknown) => Value {
  const name = textIn(field["type"]).toUpperCase();
  if (field["mode"] === "REPEATED") {
    const read = readerOf({ ...field, mode: "NULLABLE" });
    return (value) => listIn(value).map((one) => within(read, one));
  }
  if (name === "RECORD" || name === "STRUCT") {
    const fields = listIn(field["fields"]).map(recordIn).map((one) => ({ name: textIn(one["name"]), read: readerOf(one) }));
    return (value) => Object.fromEntries(fields.map((one, index) => [one.name, within(one.read, listIn(recordIn(value)["f"])[index])]));
  }
  const read = textReader(name, typeOf(field));
  return (value) => (typeof value === "string" ? read(value) : null);
}

const within = (read: (value: unknown) => Value, cell: unknown): Value => {
  const value = isRecord(cell) ? cell["v"] : undefined;
  return value === null || value === undefined ? null : read(value);
};

function textReader(name: string, type: ColumnType): (text: string) => Value {
  switch (type) {
    case "number": return name.startsWith("INT") ? integerOf : numberOf;
    case "decimal": return decimalOf;
    case "boolean": return (text) => text === "true";
    case "date": return dateOf;
    case "instant": return name === "DATETIME" ? instantOf : microsOf;
    case "json": return jsonOf;
    case "binary": return () => null;
    default: return (text) => text;
  }
}

/** Microseconds since 1970. */
function microsOf(text: string): string | null {
  if (!/^-?\d{1,18}$/.test(text)) return null;
  const micros = BigInt(text);
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const iso = instantOfMs(Number(seconds) * 1000);
  return iso === null ? null : instantOf(`${iso.slice(0, 19)}.${String(micros - seconds * 1_000_000n).padStart(6, "0")}Z`);
}
