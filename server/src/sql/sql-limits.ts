// Every limit of questions in SQL.

export const sqlLimits = {
  /** Of a statement as it comes; as it is run; and how deep it may be nested. */
  textCharactersMax: 64 * 1024,
  writtenCharactersMax: 240 * 1024,
  depthMax: 60,
  tokensMax: 20_000,
  nameLengthMax: 200,
  /** Rows that `numbers(n)` gives at most. */
  numbersMax: 1_000_000,
  /** Views and columns that follow from what a workspace sends. */
  eventViewsMax: 500,
  fieldColumnsMax: 500,
  /** Questions of all workspaces at a time, of one workspace, and how many of one workspace may wait for how long. */
  atOnce: 3,
  atOncePerWorkspace: 2,
  queuedPerWorkspace: 8,
  waitMs: 10_000,
} as const;

/** What one question may take. */
export interface QueryLimits {
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly resultRows: number;
  readonly resultBytes: number;
}

const GB = 1_000_000_000;

/** Somebody waits for it in the console or at a prompt. */
export const consoleQueryLimits: QueryLimits = { seconds: 30, memoryBytes: 2 * GB, rowsRead: 200_000_000, bytesRead: 50 * GB, resultRows: 10_000, resultBytes: 20_000_000 };
/** A client of the protocol. */
export const endpointQueryLimits: QueryLimits = { seconds: 60, memoryBytes: 2 * GB, rowsRead: 500_000_000, bytesRead: 100 * GB, resultRows: 1_000_000, resultBytes: 500_000_000 };
/** Somebody takes it away as a file. */
export const exportQueryLimits: QueryLimits = { seconds: 600, memoryBytes: 2 * GB, rowsRead: 500_000_000, bytesRead: 100 * GB, resultRows: 1_000_000, resultBytes: 2 * GB };
/** A model reads all of what it is made of. */
export const modelQueryLimits: QueryLimits = { seconds: 3_600, memoryBytes: 3 * GB, rowsRead: 5_000_000_000, bytesRead: 1_000 * GB, resultRows: 100_000_000, resultBytes: 200 * GB };
