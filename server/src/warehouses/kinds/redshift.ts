// Amazon Redshift, which speaks Postgres' protocol with an older vocabulary: its cursors are read in pieces that even its smallest cluster
// gives, and what a statement's columns are is asked by the statement without its rows.
import { defineWarehouse } from "../define-warehouse.ts";
import { overPostgres, type Flavour } from "./postgres-connection.ts";
import { hostPlaces, hostProblems, postgresSettings } from "./postgres.ts";

const flavour: Flavour = {
  name: "Redshift",
  prepare: (timeoutMs) => [`SET statement_timeout TO ${timeoutMs}`, "SET timezone TO 'UTC'", "SET datestyle TO 'ISO'", "SET extra_float_digits TO 2"],
  // A cluster of one node gives no more at once.
  fetchRowsMax: 1_000,
  describe: (sql) => `SELECT * FROM (\n${sql.replace(/(\s*;)+\s*$/, "")}\n) AS tributary_columns LIMIT 0`,
  tables: `SELECT c.table_schema, c.table_name, c.column_name, c.data_type FROM svv_columns c
    WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema', 'pg_internal') AND strpos(lower(c.table_schema || '.' || c.table_name), lower($1)) > 0
    ORDER BY c.table_schema, c.table_name, c.ordinal_position LIMIT $2`,
};

export const redshift = defineWarehouse({
  slug: "redshift",
  name: "Amazon Redshift",
  description: "Reads tables and views of a Redshift cluster or workgroup by SQL.",
  reads: "sql",
  notes: [
    "The whole result lies on the leader node before the first row comes; Redshift limits how large it may be.", "SUPER, GEOMETRY and other types of Redshift alone come as the text that it writes.",
    "A time without a zone is taken as UTC.",
  ],
  proof: "documentation",
  settings: [...postgresSettings(5439)],
  check: hostProblems,
  places: hostPlaces("postgres"),
  ...overPostgres(flavour),
});
