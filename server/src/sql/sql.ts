// The door of this folder: read-only questions in SQL over a workspace's own data.
export { answerLines } from "./answer-lines.ts";
export { createSql, EngineSaid, hashOf, said, withoutViews, type Answered, type Asked, type Asker, type PeopleTaker, type Question, type SqlService } from "./ask.ts";
export type { SuppressedIn } from "./hidden-rows.ts";
export { DATABASE, PROTOCOL_VERSION } from "./protocol-names.ts";
export { placeIn, SqlRefused } from "./refused.ts";
export { consoleQueryLimits, endpointQueryLimits, exportQueryLimits, sqlLimits } from "./sql-limits.ts";
export { tributaryWarehouse } from "./tributary-warehouse.ts";
export { statementOf } from "./statement-of.ts";
export type { View, ViewColumn } from "./view.ts";
