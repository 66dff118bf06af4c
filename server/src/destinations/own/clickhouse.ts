// Rows in a table of a ClickHouse of the user's own, over its HTTP interface. The table and missing columns are made; a row that is sent
// again replaces itself by its key when parts are merged, and is asked for once with FINAL. Rows go as JSON; names are quoted.
import { hash } from "node:crypto";
import type { OutboundReply } from "../../outbound/outbound.ts";
import type { Outcome, SendItem } from "../destination.ts";
import { allOrNothing } from "./all-or-nothing.ts";
import { defineDestination, type At, type OwnAction } from "./define-destination.ts";
import { asDetail, outcomeOf, saidIn } from "./outcome-of.ts";
import { checkRow, columnsOf, keyColumn, noPersonColumn, rowFields, sentColumn, tableProblem, tableRows, type ColumnType, type TableAt, type TableRow } from "./table-row.ts";
import { checkLayout, EVENT_TABLES_MAX, layoutFields, layoutKeyColumn, layoutSentColumn, layoutTables } from "./warehouse-layout.ts";

const insert: OwnAction = {
  definition: {
    key: "insert", name: "Write rows", description: "One row for each event, or for each row of a model. What is sent again replaces its row, and a row that the model has no more is taken away.", fields: rowFields,
    batch: { sizeMax: 10_000, bytesMax: 8_000_000, keys: [] },
  },
  check: checkRow,
  send: (at) => allOrNothing(at.items, (items) => write(at, tableOf(at), tableRows(items))),
};

const layout: OwnAction = {
  definition: {
    key: "layout", name: "Write events as a warehouse has them", fields: layoutFields,
    description: `The tables that Segment's warehouses have: tracks and one for each event, identifies, users, pages, screens, groups, accounts, aliases. Beyond ${EVENT_TABLES_MAX} tables in the database an event stands in tracks alone.`,
    batch: { sizeMax: 10_000, bytesMax: 8_000_000, keys: ["schema"] },
  },
  check: checkLayout,
  send: (at) => allOrNothing(at.items, (items) => writeLayout(at, items)),
};

export const clickhouse = defineDestination({
  slug: "clickhouse",
  name: "ClickHouse",
  description: "Writes rows into a table of your own ClickHouse; makes the table, and columns that it lacks.",
  category: "warehouse",
  notes: ["A row that was sent twice stands twice until ClickHouse merges; ask with FINAL.", "A column keeps the type that it was made with: a value that doesn't fit is refused."],
  authentication: "basic",
  isStatusAll: false,
  isForbiddenOfAccount: true,
  settings: [
    { key: "url", label: "Address", type: "string", required: true, placeholder: "https://clickhouse.example.com:8443" },
    { key: "database", label: "Database", type: "string", required: true, default: "default" },
    { key: "user", label: "User", type: "string", required: true, default: "default" },
    { key: "password", label: "Password", type: "password" },
    { key: "table", label: "Table", type: "string", required: true, placeholder: "events" },
  ],
  actions: [insert, layout],
  presets: [],
  check: ({ url, table, database }) => {
    const problem = tableProblem(table) ?? (typeof table === "string" && table.includes(".") ? "The database has a field of its own." : undefined);
    return [
      ...(problem === undefined ? [] : [{ field: "table", problem }]),
      ...(typeof database === "string" && database !== "" && tableProblem(database.replaceAll(".", " ")) !== undefined ? [{ field: "database", problem: "A database is named by letters, digits, _, - and $." }] : []),
      ...(typeof url === "string" && url !== "" && !/^https?:\/\/[^/?#@\s]+\/?$/.test(url) ? [{ field: "url", problem: "An address is https:// or http:// and a host, without a path." }] : []),
    ];
  },
  async forget(at, person) {
    const { database, table } = at.settings;
    const known = await ask(at, "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String} LIMIT 1000 FORMAT TabSeparated", undefined, { param_database: String(database), param_table: String(table) });
    const names = new Set(known.body.toString("utf8").split("\n"));
    const asked = outcomeOfReply(at, known);
    if (asked.kind !== "delivered") return asked;
    for (const [column, value] of Object.entries(person)) {
      if (value === undefined || !names.has(column)) continue;
      const outcome = outcomeOfReply(at, await ask(at, `DELETE FROM ${tableOf(at).table} WHERE toString(${quoted(column)}) = {value:String}`, undefined, { param_value: escapedParameter(value) }));
      if (outcome.kind !== "delivered") return outcome;
    }
    return Object.entries(person).some(([column, value]) => value !== undefined && names.has(column)) ? asked : noPersonColumn;
  },
  test: async (at) => outcomeOfReply(at, await ask(at, "SELECT 1")),
});

/** Parameters are read as a field of TabSeparated. */
const escapedParameter = (value: string): string => value.toWellFormed().replace(/[\\\t\n\r\0]/g, (character) => `\\${{ "\\": "\\", "\t": "t", "\n": "n", "\r": "r", "\0": "0" }[character] ?? ""}`);

/** As a name, whatever it holds. */
const quoted = (name: string): string => `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;

const typesMade: Readonly<Record<ColumnType, string>> = {
  text: "Nullable(String)", number: "Nullable(Float64)", boolean: "Nullable(Bool)", time: "Nullable(DateTime64(3, 'UTC'))", json: "Nullable(String)",
};

/** The statements and the rows of one batch, in order. */
function statementsFor({ table: name, key: keyName, sent }: TableAt, all: readonly TableRow[]): { readonly made: readonly string[]; readonly insert: string; readonly rows: string; readonly remove: string; readonly gone: readonly string[] } {
  const rows = all.filter(({ isRemoved }) => !isRemoved);
  const columns = [...columnsOf(rows)];
  const create = `CREATE TABLE IF NOT EXISTS ${name} (${[`${quoted(keyName)} String`, `${quoted(sent)} DateTime64(3, 'UTC') DEFAULT now64(3)`, ...columns.map(([column, type]) => `${quoted(column)} ${typesMade[type]}`)].join(", ")})`
    + ` ENGINE = ReplacingMergeTree(${quoted(sent)}) ORDER BY ${quoted(keyName)}`;
  const add = columns.length === 0 ? [] : [`ALTER TABLE ${name} ${columns.map(([column, type]) => `ADD COLUMN IF NOT EXISTS ${quoted(column)} ${typesMade[type]}`).join(", ")}`];
  return {
    made: [create, ...add],
    insert: `INSERT INTO ${name} (${[keyName, ...columns.map(([column]) => column)].map(quoted).join(", ")}) FORMAT JSONEachRow`,
    rows: rows.map(({ key, values }) => `${JSON.stringify({ [keyName]: key, ...Object.fromEntries([...values].map(([column, { value }]) => [column, value])) })}\n`).join(""),
    remove: `DELETE FROM ${name} WHERE ${quoted(keyName)} IN {keys:Array(String)}`, gone: all.filter(({ isRemoved }) => isRemoved).map(({ key }) => key),
  };
}

async function write(at: At, table: TableAt, all: readonly TableRow[]): Promise<Outcome> {
  const { made, insert: into, rows, remove, gone } = statementsFor(table, all);
  for (const statement of made) {
    const outcome = outcomeOfReply(at, await ask(at, statement));
    if (outcome.kind !== "delivered") return outcome;
  }
  if (gone.length > 0) {
    const outcome = outcomeOfReply(at, await ask(at, remove, undefined, { param_keys: `[${gone.map((key) => `'${key.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`).join(",")}]` }));
    if (outcome.kind !== "delivered" || rows === "") return outcome;
  }
  // The same block again is dropped by the server itself, where it remembers blocks.
  const token = hash("sha256", rows, "hex");
  return outcomeOfReply(at, await ask(at, into, rows, {
    insert_deduplicate: "1", insert_deduplication_token: token, date_time_input_format: "best_effort", input_format_json_read_numbers_as_strings: "1", input_format_json_read_bools_as_strings: "1",
    input_format_skip_unknown_fields: "0", async_insert: "0",
  }));
}

const tableOf = ({ settings: { database, table } }: At): TableAt => ({ table: `${quoted(String(database))}.${quoted(String(table))}`, key: keyColumn, sent: sentColumn });

/** All tables of a batch, one after another: ClickHouse has no transaction, and what was written already replaces itself. */
async function writeLayout(at: At, items: readonly SendItem[]): Promise<Outcome> {
  const schema = String(items[0]?.payload["schema"]);
  const of = { param_database: schema };
  // Asked for first: who may not make databases may still write into one.
  const there = await ask(at, "SELECT count() FROM system.databases WHERE name = {database:String} FORMAT TabSeparated", undefined, of);
  const made = outcomeOfReply(at, there.status === 200 && there.body.toString("utf8").trim() === "0" ? await ask(at, `CREATE DATABASE IF NOT EXISTS ${quoted(schema)}`) : there);
  if (made.kind !== "delivered") return made;
  const known = await ask(at, "SELECT name FROM system.tables WHERE database = {database:String} LIMIT 10000 FORMAT TabSeparated", undefined, of);
  if (known.status !== 200) return outcomeOfReply(at, known);
  const names = new Set(known.body.toString("utf8").split("\n").filter((name) => name !== ""));
  for (const { table, isOfEvent, rows } of layoutTables(items)) {
    if (isOfEvent && !names.has(table) && names.size >= EVENT_TABLES_MAX) continue;
    names.add(table);
    const outcome = await write(at, { table: `${quoted(schema)}.${quoted(table)}`, key: layoutKeyColumn, sent: layoutSentColumn }, rows);
    if (outcome.kind !== "delivered") return outcome;
  }
  return { kind: "delivered", status: 200 };
}

function ask({ settings, fetch }: At, statement: string, rows?: string, more: Readonly<Record<string, string>> = {}): Promise<OutboundReply> {
  const query = new URLSearchParams({ ...more, wait_end_of_query: "1", ...(rows === undefined ? {} : { query: statement }) });
  return fetch({
    method: "POST", url: `${String(settings["url"]).replace(/\/$/, "")}/?${query.toString()}`, body: rows ?? statement,
    headers: { "content-type": "text/plain; charset=utf-8", "x-clickhouse-user": String(settings["user"]), "x-clickhouse-key": String(settings["password"] ?? "") },
  });
}

/** Codes of ClickHouse that speak of the rows, whatever status they come with. */
const ofRows = new Set([6, 26, 27, 38, 41, 53, 69, 70, 72, 117, 130, 131, 321, 349, 441, 467]);
/** Wrong user, no such database, no right. */
const ofAccount = new Set([81, 192, 193, 194, 497, 516]);

function outcomeOfReply({ parts, clean }: At, reply: OutboundReply): Outcome {
  const { status, headers, body } = reply;
  const text = body.toString("utf8", 0, 2_000);
  const code = Number(headers["x-clickhouse-exception-code"] ?? /^Code: (\d+)/.exec(text)?.[1] ?? Number.NaN);
  const said = Number.isNaN(code) ? clean(saidIn(body)) : asDetail(clean(text).replaceAll(/'[^']{0,2000}'/g, "'…'"));
  if (ofRows.has(code)) return { kind: "refused", code: `clickhouse_${code}`, detail: `ClickHouse refused the rows. ${said}`, status: 400 };
  if (ofAccount.has(code)) return { kind: "unauthorized", detail: `ClickHouse does not let us in, or not do this. ${said}`, status };
  // To what we ask there is no long answer: what sends one is no ClickHouse.
  if (status === 200 && !isAnswer(text)) return { kind: "retry", code: "no_clickhouse", detail: "What answered is no ClickHouse.", status, isOfDestination: false };
  return outcomeOf(reply, { nowMs: parts.nowMs(), said, isForbiddenOfAccount: true });
}

const isAnswer = (text: string): boolean => text.length < 100 && /^[\x20-\x7e\s]*$/.test(text);
