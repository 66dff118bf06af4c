// Postgres, and what speaks as it does: the statement is declared as a cursor within a transaction that only reads, which takes nothing but
// one statement that gives rows, and its rows are taken off the connection as the reader asks for them.
import { certificatesProblem } from "../../outbound/outbound.ts";
import { defineWarehouse } from "../define-warehouse.ts";
import { warehouseLimits as limits } from "../warehouse.ts";
import { overPostgres, type Flavour } from "./postgres-connection.ts";

export const postgresSettings = (port: number) => [
  { key: "host", label: "Host", type: "string", required: true, placeholder: "db.example.com" },
  { key: "port", label: "Port", type: "integer", required: true, default: port, minimum: 1, maximum: 65_535 },
  { key: "database", label: "Database", type: "string", required: true },
  { key: "user", label: "User", type: "string", required: true, description: "One that may read, and nothing else." },
  { key: "password", label: "Password", type: "password" },
  { key: "tls", label: "TLS", type: "string", required: true, default: "verified", choices: [{ value: "verified", label: "Verified" }, { value: "none", label: "None" }] },
  { key: "certificates", label: "Certificates", type: "text", description: "Of the authorities that are trusted, as PEM, where the system doesn't know them." },
] as const;

/** Of servers that are named by a host and a port. */
export const hostPlaces = (scheme: string) => ({ host, port }: Readonly<Record<string, unknown>>) => {
  const name = String(host).replace(/^\[(.*)\]$/, "$1");
  return [{ field: "host", url: `${scheme}://${name.includes(":") ? `[${name}]` : name}:${String(port)}` }];
};

export const hostProblems = ({ host, certificates }: Readonly<Record<string, unknown>>) => [
  ...(typeof host === "string" && !/^[\w.:[\]-]{1,253}$/.test(host) ? [{ field: "host", problem: "This is no name of a server." }] : []),
  ...[certificatesProblem(certificates)].flatMap((problem) => (problem === undefined ? [] : [{ field: "certificates", problem }])),
];

const flavour: Flavour = {
  name: "Postgres",
  prepare: (timeoutMs) => [
    `SET LOCAL statement_timeout TO ${timeoutMs}`, "SET LOCAL idle_in_transaction_session_timeout TO 0", "SET LOCAL TimeZone TO 'UTC'", "SET LOCAL DateStyle TO 'ISO'", "SET LOCAL IntervalStyle TO 'iso_8601'",
    "SET LOCAL extra_float_digits TO 3",
    // All rows are read: the plan that has the first ones soonest is not the best.
    "SET LOCAL cursor_tuple_fraction TO 1",
  ],
  fetchRowsMax: limits.batchRowsMax,
  describe: () => "FETCH FORWARD 0 FROM tributary_rows",
  tables: `SELECT c.table_schema, c.table_name, c.column_name, c.data_type FROM information_schema.columns c
    WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema') AND position(lower($1) in lower(c.table_schema || '.' || c.table_name)) > 0
    ORDER BY c.table_schema <> 'public', c.table_schema, c.table_name, c.ordinal_position LIMIT $2`,
};

export const postgres = defineWarehouse({
  slug: "postgres",
  name: "Postgres",
  description: "Reads tables and views of a Postgres database by SQL.",
  reads: "sql",
  notes: ["A time without a zone is taken as UTC."],
  proof: "server",
  settings: [...postgresSettings(5432)],
  check: hostProblems,
  places: hostPlaces("postgres"),
  ...overPostgres(flavour),
});
