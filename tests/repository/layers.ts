// The architecture, as data: what the files of each folder may import besides their own folder. Imports point one way,
// from the bottom of this table to its top. An entry that ends in "/" is a whole folder; any other is a door: the one
// file by which a folder is entered from outside. layers.test.ts holds the code against it; a new edge is a decision
// that belongs here, in the same change, where a reviewer sees it.

const schema = "schema/src/";
const core = "server/src/core/";
/** Queries inside one workspace: all that a domain folder gets of Postgres. */
const workspaceDb = "server/src/engines/postgres/workspace-db.ts";
/** A transaction on a pool that one is handed: how Postgres is reached stays with whoever hands it. */
const inTransaction = "server/src/engines/postgres/in-transaction.ts";
/** The event log's contract. Which log it is, composition decides. */
const log = "server/src/log/log.ts";
const identity = "server/src/identity/identity.ts";
const governance = "server/src/governance/governance.ts";
const sourceDirectory = "server/src/sources/source-directory.ts";
const desk = "server/src/desk/desk.ts";
const mail = "server/src/mail/mail.ts";
const imports = "server/src/sources/import/import.ts";
const demoShops = "server/src/demo-shop/demo-shops.ts";
const observedSchema = "server/src/observed-schema/observed-schema.ts";
/** The outbox as audiences write into it. */
const audienceOutbox = "server/src/pipeline/outbox/audience-outbox.ts";
const audiences = "server/src/audiences/audiences.ts";
/** The one way out: a client that never reaches an address it should not. */
const outbound = "server/src/outbound/outbound.ts";
const destinations = "server/src/destinations/destinations.ts";
const delivery = "server/src/delivery/delivery.ts";
const alerts = "server/src/alerts/alerts.ts";
/** Where models read: databases and stores of files that workspaces connect. */
const sqlDoor = "server/src/sql/sql.ts";
const warehouses = "server/src/warehouses/warehouses.ts";
const models = "server/src/models/models.ts";
const exportsDoor = "server/src/exports/exports.ts";
/** What a sender sent, read as the pipeline read it: what leaves is made of it. */
const receivedEvents = ["server/src/pipeline/normalise/as-sent.ts", "server/src/pipeline/normalise/given-event.ts"];
const importLimits = "server/src/sources/import/import-limits.ts";

/** Folder, or single file where a file stands for itself → what it may import. The most exact key counts. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  "schema/src/": [],
  "server/src/core/": [schema],
  "server/src/config.ts": [core],
  "server/src/engines/": [schema, core],
  "server/src/log/": [schema, core, inTransaction],

  "server/src/identity/": [schema, core],
  "server/src/profiles/": [schema, core],
  "server/src/governance/": [schema, core, workspaceDb, inTransaction, log],
  "server/src/desk/": [schema, core, workspaceDb, log, governance],
  // Sends letters to people who work here; who gets which, its callers decide.
  "server/src/mail/": [core],
  // Made from a seed alone, and knows nothing of what is done with it.
  "server/src/demo/": [],
  // Plays that shop into the log, and looks after the workspaces that come and go with it.
  "server/src/demo-shop/": [schema, core, log, governance, identity, "server/src/demo/demo.ts"],
  "server/src/sources/": [schema, core, workspaceDb, log, governance, identity],

  // Takes events in: knows the log and the sources, and nothing of what happens to an event later.
  "server/src/ingest/": [schema, core, log, sourceDirectory],

  "server/src/pipeline/": [
    schema, core, inTransaction, log, "server/src/log/reader-offset.ts", identity, "server/src/profiles/fold.ts",
    "server/src/engines/clickhouse/insert-block.ts", "server/src/engines/clickhouse/row-binary.ts",
  ],

  // Follows the event table, and nothing waits for it.
  "server/src/observed-schema/": [schema, core, inTransaction, governance],

  // What audiences are made of and say; asks ClickHouse by a reader that it is handed.
  // What it decides reaches ClickHouse through the outbox, in its own transaction.
  "server/src/audiences/": [schema, core, workspaceDb, inTransaction, governance, observedSchema, audienceOutbox],

  // Everything that leaves for another system goes through here, and nothing here knows what it is.
  "server/src/outbound/": [schema, core],
  // What destinations are and how each is spoken to, and how workspaces set them up. When something is sent, others decide.
  "server/src/destinations/": [schema, core, workspaceDb, inTransaction, governance, outbound, ...receivedEvents],

  // What is read from others' databases and files, by SQL or by name. What becomes of the rows, others decide.
  "server/src/warehouses/": [schema, core, workspaceDb, governance, outbound],

  // Queries whose rows have a key: read again and again, and what of them changed.
  "server/src/models/": [
    schema, core, workspaceDb, inTransaction, log, governance, identity, warehouses, "server/src/engines/clickhouse/insert-block.ts", "server/src/engines/clickhouse/row-binary.ts",
  ],

  // What is sent to destinations, when, and what became of it: follows the event table, the log of memberships and the changes of models, and nothing waits for it.
  "server/src/delivery/": [schema, core, inTransaction, governance, destinations, audiences, models],

  // What is wrong, since when, and whom it was told: looks at what the others have written down, and nothing waits for it.
  "server/src/alerts/": [schema, core, inTransaction, log, governance, mail, outbound],

  // Which files about people left by hand, and who stood in them.
  "server/src/exports/": [schema, core, workspaceDb, governance, audiences],
  // Read-only questions in SQL over a workspace's own data: what may be asked, and what is written in its place.
  "server/src/sql/": [schema, core, workspaceDb, governance, warehouses],

  // Answers from what is stored. What only the pipeline can tell (previews, progress) it is handed by composition.
  "server/src/api/": [schema, core, workspaceDb, log, governance, identity, imports, importLimits, mail, demoShops, observedSchema, desk, audiences, destinations, delivery, outbound, exportsDoor, warehouses, models, alerts, sqlDoor],

  // Serves the built console: files, and nothing of what is in them.
  "server/src/console/": [],

  // The console: a client of the API in the browser. ui/ knows no word of the domain, and one file talks to the server.
  "console/src/texts/": [],
  // How a table is written is no word of the domain, and what keeps a spreadsheet from running it stands once for both sides.
  "console/src/ui/": ["console/src/texts/texts.ts", "schema/src/csv.ts"],
  "console/src/event-stream.ts": [],
  "console/src/ask-again.ts": [],
  "console/src/api.ts": [schema, "console/src/ask-again.ts", "console/src/event-stream.ts", "console/src/texts/texts.ts"],
  // One page shows a document of the project as it stands.
  "console/src/features/about/": [schema, "console/src/ui/", "console/src/texts/texts.ts", "docs/compare.md"],
  "console/src/features/": [schema, "console/src/ui/", "console/src/texts/texts.ts", "console/src/api.ts"],
  "console/src/app/": [schema, "console/src/ui/", "console/src/features/", "console/src/texts/texts.ts", "console/src/api.ts"],
  "console/src/main.tsx": ["console/src/app/", "console/src/ui/", "console/src/texts/texts.ts"],

  // A client of a running server; `start` alone runs one, `doctor` looks whether the databases' binaries are there, and what
  // works on a stopped server's data takes its place.
  "server/src/cli/": [
    schema, core, "server/src/config.ts", "server/src/main.ts", "server/src/engines/postgres/binaries.ts",
    "server/src/maintenance/backup.ts", "server/src/maintenance/restore.ts", "server/src/maintenance/rebuild.ts",
  ],

  // Composition: the files beside this table's folders, and maintenance/, which works on a whole data directory. They start the engines, choose the log and hand out the parts.
  "server/src/": [
    schema, core, workspaceDb, log, governance, identity, sourceDirectory, imports, mail, demoShops, "server/src/config.ts",
    "server/src/engines/postgres/postgres.ts", "server/src/engines/clickhouse/clickhouse.ts",
    "server/src/log/postgres-log.ts", "server/src/log/log-limits.ts",
    "server/src/ingest/ingest.ts", "server/src/api/api.ts", "server/src/api/backups.ts", "server/src/api/imports.ts", "server/src/api/limits.ts", "server/src/api/secret-keys.ts", "server/src/api/demo-shop.ts", "server/src/console/console.ts",
    "server/src/pipeline/process.ts", "server/src/pipeline/previews.ts", "server/src/pipeline/event-path.ts", "server/src/pipeline/sequencer.ts", "server/src/pipeline/rebuild.ts",
    "server/src/pipeline/outbox/retry-refused.ts", "server/src/pipeline/outbox/landed-before.ts", observedSchema, audiences, destinations, delivery, outbound, warehouses, models, alerts, sqlDoor,
  ],
};

/** Doors for tests alone, besides every door above and the file `testing.ts` of each folder. */
export const testDoors: readonly string[] = [
  "server/src/server.ts", "server/src/demo/demo.ts",
  // What was sealed by a running server is opened from outside.
  "server/src/seal-keys.ts",
  // Documents name commands.
  "server/src/cli/program.ts",
  // Documents are made in English, whatever language this machine speaks.
  "console/src/texts/en/en.ts",
  // What sentences and the console call the same is the same in every language.
  "console/src/texts/de/de.ts",
  // What the server advises in English the console says in its other languages.
  "server/src/delivery/advice.ts",
  // The kill tests break a sender off at chosen points of an insert.
  "server/src/pipeline/outbox/sender.ts", "server/src/pipeline/outbox/outbox-block.ts", "server/src/pipeline/outbox/table-columns.ts",
  // What conditions read of a value is asked of values as the pipeline keeps them.
  "server/src/pipeline/acceptable-row.ts", "server/src/pipeline/known-paths.ts",
  // What a removal waits for is set aside as the sender does it.
  "server/src/pipeline/outbox/refused.ts",
];

/**
 * Edges that break the table today, as "from → to" with the reason. A ratchet: the test fails when one is no longer
 * needed, so that this list only ever gets shorter.
 */
export const exceptions: Readonly<Record<string, string>> = {};

/** Code that does no I/O, and all that it may import from outside. */
export const pureFolders: readonly string[] = ["schema/src/", "server/src/identity/", "server/src/profiles/", "server/src/demo/"];
export const pureMayImport: readonly string[] = ["zod", "node:crypto", "node:url", "libphonenumber-js", "re2js"];

/** Folders where no clock is read and nothing is drawn by lot: time and chance are arguments. */
export const timelessFolders: readonly string[] = [
  "schema/src/", "server/src/identity/", "server/src/profiles/", "server/src/demo/", "server/src/pipeline/stages/", "server/src/pipeline/normalise/",
];

/** The only readers of the environment; engines read what the operating system says of folders and paths. */
export const environmentReaders: Readonly<Record<string, string>> = {
  "server/src/main.ts": "hands it to config.ts",
  "server/src/cli/": "a client of the server, with settings of its own",
  "server/src/engines/postgres/cluster.ts": "XDG_RUNTIME_DIR and PATH for the child",
  "server/src/engines/clickhouse/chdb-supervisor.ts": "XDG_RUNTIME_DIR and what the child inherits",
};
