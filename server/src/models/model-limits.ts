// Every limit of models, in one place. Reaching one ends the run with its name in the problem; nothing of such a run is in force.

export const modelLimits = {
  /** Models of a workspace in use, and archived ones besides. */
  modelsMax: 500,
  archivedMax: 5_000,
  /** Of one reading. */
  rowsMax: 50_000_000,
  bytesMax: 100 * 1024 ** 3,
  /** One row as JSON. */
  rowBytesMax: 1024 ** 2,
  /** The key's values together, as JSON. */
  keyCharactersMax: 1_000,
  /** Keys that are shown where a run can't take them. */
  sampleMax: 5,
  /** Rows that are put into ClickHouse at once, and their bytes. */
  stageRows: 50_000,
  stageBytes: 32 * 1024 ** 2,
  /** Rows of both sides, and their bytes, that are compared at once: what a comparison holds in memory. */
  compareRows: 200_000,
  compareBytes: 128 * 1024 ** 2,
  /** How long one reading may take. */
  readMs: 2 * 60 * 60 * 1000,
  /** Between two notes of how far a run has come, which are when it hears that it is to stop. */
  noteMs: 1_000,
  /** Runs at once in one server; of one model, one. */
  runsAtOnce: 2,
  /** Runs that are kept of a model, and told. */
  runsKept: 1_000,
  /** Rows that are made into events at once. */
  feedRows: 1_000,
  /** One event of a row, and one record of the log, as of an import. */
  feedEventBytesMax: 500_000,
  feedRecordBytes: 1_000_000,
  /** Of a preview. */
  previewRows: 100,
  previewMs: 30_000,
} as const;
export type ModelLimits = { readonly [Name in keyof typeof modelLimits]: number };
