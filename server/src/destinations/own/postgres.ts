// Rows in a table of a Postgres of the user's own. The table and missing columns are made; a row that is sent again overwrites itself by
// its key. Values never become part of a statement; names are quoted.
import { Client, escapeIdentifier } from "pg";
import { certificatesProblem, connectedSocket, tlsProblem } from "../../outbound/outbound.ts";
import type { Outcome, SendItem } from "../destination.ts";
import { allOrNothing } from "./all-or-nothing.ts";
import { defineDestination, type At, type OwnAction } from "./define-destination.ts";
import { asDetail } from "./outcome-of.ts";
import { checkRow, columnsOf, keyColumn, noPersonColumn, rowFields, sentColumn, tableProblem, tableRows, type ColumnType, type TableAt, type TableRow } from "./table-row.ts";
import { checkLayout, EVENT_TABLES_MAX, layoutFields, layoutKeyColumn, layoutSentColumn, layoutTables } from "./warehouse-layout.ts";

const upsert: OwnAction = {
  definition: {
    key: "upsert", name: "Write rows", description: "One row for each event, or for each row of a model. What is sent again overwrites its row, and a row that the model has no more is taken away.", fields: rowFields,
    batch: { sizeMax: 2_000, bytesMax: 4_000_000, keys: [] },
  },
  check: checkRow,
  send: (at) => overConnection(at, (client) => allOrNothing(at.items, (items) => inOneTransaction(client, () => write(client, tableOf(at), tableRows(items)), at.clean))),
};

const layout: OwnAction = {
  definition: {
    key: "layout", name: "Write events as a warehouse has them", fields: layoutFields,
    description: `The tables that Segment's warehouses have: tracks and one for each event, identifies, users, pages, screens, groups, accounts, aliases. Beyond ${EVENT_TABLES_MAX} tables in the schema an event stands in tracks alone.`,
    batch: { sizeMax: 2_000, bytesMax: 4_000_000, keys: ["schema"] },
  },
  check: checkLayout,
  send: (at) => overConnection(at, (client) => allOrNothing(at.items, (items) => inOneTransaction(client, () => writeLayout(client, items), at.clean))),
};

export const postgres = defineDestination({
  slug: "postgres",
  name: "Postgres",
  description: "Writes rows into a table of your own Postgres; makes the table, and columns that it lacks.",
  category: "warehouse",
  notes: ["A column keeps the type that it was made with: a value that doesn't fit is refused."],
  authentication: "basic",
  isStatusAll: false,
  settings: [
    { key: "host", label: "Host", type: "string", required: true, placeholder: "db.example.com" },
    { key: "port", label: "Port", type: "integer", required: true, default: 5432, minimum: 1, maximum: 65_535 },
    { key: "database", label: "Database", type: "string", required: true },
    { key: "user", label: "User", type: "string", required: true },
    { key: "password", label: "Password", type: "password" },
    { key: "tls", label: "TLS", type: "string", required: true, default: "verified", choices: [{ value: "verified", label: "Verified" }, { value: "none", label: "None" }] },
    { key: "certificates", label: "Certificates", type: "text", description: "Of the authorities that are trusted, as PEM, where the system doesn't know them." },
    { key: "table", label: "Table", type: "string", required: true, placeholder: "public.events" },
  ],
  actions: [upsert, layout],
  presets: [],
  check: ({ table, host, certificates }) => {
    const [problem, untaken] = [tableProblem(table), certificatesProblem(certificates)];
    return [
      ...(problem === undefined ? [] : [{ field: "table", problem }]),
      ...(untaken === undefined ? [] : [{ field: "certificates", problem: untaken }]),
      ...(typeof host === "string" && host !== "" && !/^[\w.:-]{1,253}$/.test(host) ? [{ field: "host", problem: "This is no name of a server." }] : []),
    ];
  },
  async forget(at, { userId, anonymousId }) {
    let isThere = false;
    const told = await overConnection(at, async (client) => [await inOneTransaction(client, async () => void (isThere = await forgetRows(client, at, { userId, anonymousId })), at.clean)]);
    const outcome = "kind" in told ? told : told[0];
    return outcome === undefined || (outcome.kind === "delivered" && !isThere) ? noPersonColumn : outcome;
  },
  test: async (at) => {
    const answered = await overConnection(at, async (client) => [await client.query("SELECT 1").then((): Outcome => ({ kind: "delivered" }), (error: unknown) => outcomeOfError(error, at.clean))]);
    return "kind" in answered ? answered : answered[0] ?? { kind: "delivered" };
  },
});

async function overConnection(at: At, run: (client: Client) => Promise<readonly Outcome[]>): Promise<readonly Outcome[] | Outcome> {
  const { host, port, database, user, password, tls, certificates } = at.settings;
  const ca = typeof certificates === "string" && certificates.trim() !== "" ? { ca: certificates } : {};
  const startedAtMs = at.parts.nowMs();
  const startedMs = performance.now();
  const record = (status: string): void => at.record({
    method: "POSTGRES", url: `postgres://${String(host)}:${String(port)}/${encodeURIComponent(String(database))}`, requestHeaders: {}, requestBody: "", status: undefined, responseHeaders: {}, responseBody: status,
    startedAtMs, tookMs: Math.round(performance.now() - startedMs),
  });
  const socket = await at.parts.outbound.connect({ host: String(host), port: Number(port), timeoutMs: at.parts.timeoutMs, signal: at.signal });
  const giveUp = (): void => void socket.destroy(new Error("The time was over."));
  const timer = setTimeout(giveUp, at.parts.timeoutMs);
  at.signal.addEventListener("abort", giveUp, { once: true });
  const client = new Client({
    // Connected already, so that the client looks up nothing.
    stream: () => connectedSocket(socket), host: String(host), port: Number(port), database: String(database), user: String(user),
    // Always said: left out, the client would take the password of this server's own environment or home folder, and send it there.
    password: () => String(password ?? ""), ssl: tls === "none" ? false : { rejectUnauthorized: true, minVersion: "TLSv1.2", ...ca },
    application_name: "tributary",
  });
  // What breaks between two questions is told by the next.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const outcomes = await run(client);
    record(outcomes.map((outcome) => outcome.kind).join(" "));
    return outcomes;
  } catch (error) {
    const outcome = outcomeOfError(error, at.clean);
    record(outcome.detail);
    return outcome;
  } finally {
    clearTimeout(timer);
    at.signal.removeEventListener("abort", giveUp);
    await Promise.race([client.end(), new Promise((resolve) => socket.once("close", resolve))]).catch(() => undefined);
    socket.destroy();
  }
}

async function inOneTransaction(client: Client, run: () => Promise<void>, clean: Clean): Promise<Outcome> {
  try {
    await client.query("BEGIN");
    await run();
    await client.query("COMMIT");
    return { kind: "delivered" };
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    return outcomeOfError(error, clean);
  }
}

const tableOf = ({ settings }: At): TableAt => ({ table: String(settings["table"]).split(".").map(escapeIdentifier).join("."), key: keyColumn, sent: sentColumn });

const typesMade: Readonly<Record<ColumnType, string>> = { text: "text", number: "double precision", boolean: "boolean", time: "timestamptz", json: "jsonb" };

async function write(client: Client, { table, key: keyName, sent }: TableAt, given: readonly TableRow[]): Promise<void> {
  const keyColumnName = escapeIdentifier(keyName);
  const known = await knownColumns(client, table);
  const gone = given.filter(({ isRemoved }) => isRemoved).map(({ key }) => key);
  if (gone.length > 0 && known.size > 0) await client.query(`DELETE FROM ${table} WHERE ${keyColumnName} = ANY ($1::text[])`, [gone]);
  const rows = given.filter(({ isRemoved }) => !isRemoved);
  if (rows.length === 0) return;
  const columns = columnsOf(rows);
  const missing = [...columns].filter(([name]) => !known.has(name));
  if (known.size === 0) await client.query(`CREATE TABLE IF NOT EXISTS ${table} (${keyColumnName} text PRIMARY KEY, ${escapeIdentifier(sent)} timestamptz NOT NULL DEFAULT now())`);
  if (missing.length > 0) await client.query(`ALTER TABLE ${table} ${missing.map(([name, type]) => `ADD COLUMN IF NOT EXISTS ${escapeIdentifier(name)} ${typesMade[type]}`).join(", ")}`);
  const names = [...columns.keys()];
  const all = [keyName, ...names].map(escapeIdentifier);
  const values = rows.map(({ key, values: cells }) => Object.fromEntries([[keyName, key], ...[...cells].map(([name, { type, value }]) => [name, type === "json" && (known.get(name) ?? "jsonb").startsWith("json") ? (JSON.parse(String(value)) as unknown) : value] as const)]));
  await client.query(
    `INSERT INTO ${table} (${all.join(", ")}) SELECT ${all.join(", ")} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)
     ON CONFLICT (${keyColumnName}) DO UPDATE SET ${[...names.map((name) => `${escapeIdentifier(name)} = EXCLUDED.${escapeIdentifier(name)}`), `${escapeIdentifier(sent)} = now()`].join(", ")}`,
    [JSON.stringify(values)],
  );
}

/** All tables of a batch, in one transaction. */
async function writeLayout(client: Client, items: readonly SendItem[]): Promise<void> {
  for (const [schema, some] of Map.groupBy(items, ({ payload }) => String(payload["schema"]))) {
    // Asked for first: who may not make schemas may still write into one.
    if ((await client.query("SELECT FROM pg_namespace WHERE nspname = $1", [schema])).rowCount === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(schema)}`);
    const { rows: there } = await client.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = $1", [schema]);
    const known = new Set(there.map(({ name }) => name));
    for (const { table, isOfEvent, rows } of layoutTables(some)) {
      if (isOfEvent && !known.has(table) && known.size >= EVENT_TABLES_MAX) continue;
      known.add(table);
      await write(client, { table: `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`, key: layoutKeyColumn, sent: layoutSentColumn }, rows);
    }
  }
}

/** False: the table has no column that says whose a row is. */
async function forgetRows(client: Client, at: At, person: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const table = String(at.settings["table"]).split(".").map(escapeIdentifier).join(".");
  const known = await knownColumns(client, table);
  for (const [column, value] of Object.entries(person)) {
    if (value !== undefined && known.has(column)) await client.query(`DELETE FROM ${table} WHERE ${escapeIdentifier(column)}::text = $1`, [value]);
  }
  return Object.entries(person).some(([column, value]) => value !== undefined && known.has(column));
}

/** Column → type; none: there is no such table. */
async function knownColumns(client: Client, table: string): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; type: string }>(
    "SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped", [table]);
  return new Map(rows.map(({ name, type }) => [name, type]));
}

type Failed = Extract<Outcome, { readonly kind: "retry" | "refused" | "unauthorized" }>;

type Clean = At["clean"];

function outcomeOfError(error: unknown, clean: Clean): Failed {
  const { code, message } = error as { code?: unknown; message?: unknown }; // Fields of pg's errors; of their detail, which quotes rows, nothing is shown.
  // No class begins with E, as Node's own codes do: EPIPE is of a connection that is gone.
  const state = typeof code === "string" && /^(?!E)[0-9A-Z]{5}$/.test(code) ? code : "";
  const said = state === "" ? "" : ` ${asDetail(typeof message === "string" ? clean(message).replaceAll(/"[^"]{0,2000}"/g, '"…"') : "")}`;
  if (/^28|^42501|^3D/.test(state)) return { kind: "unauthorized", detail: `Postgres does not let us in, or not do this (${state}).${said}` };
  if (/^22|^23|^42804|^42846|^54/.test(state)) return { kind: "refused", code: `sql_${state}`, detail: `Postgres refused the row (${state}).${said}` };
  if (/^40|^55/.test(state)) return { kind: "retry", code: `sql_${state}`, detail: `Postgres was busy with the table (${state}).`, isOfDestination: false };
  if (state !== "") return { kind: "retry", code: `sql_${state}`, detail: `Postgres failed (${state}).${said}`, isOfDestination: true };
  const tls = tlsProblem("Postgres", error);
  if (tls !== undefined) return { kind: "retry", code: "tls_failed", detail: tls, isOfDestination: true };
  return { kind: "retry", code: "connection_failed", detail: "Postgres did not answer, or cut the connection.", isOfDestination: true };
}
