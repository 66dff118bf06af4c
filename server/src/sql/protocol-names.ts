// As what the endpoint gives itself out: clients choose by it what they ask for.

/** The database that all views are said to stand in; `default` is taken for it. */
export const DATABASE = "tributary";
export const databases: ReadonlySet<string> = new Set([DATABASE, "default"]);

/** Of ClickHouse, whose protocol it speaks. */
export const PROTOCOL_VERSION = "25.8.1.1";
