// What stands behind a statement.
import type { Reader } from "./reader.ts";

/** What may stand behind a query: a format, for clients that put it there, and one semicolon. */
export function readEnd(reader: Reader): string | undefined {
  const format = reader.takeWords("format") ? reader.next().text : undefined;
  if (reader.isWord("settings")) throw reader.refusal("ACCESS_DENIED", "SETTINGS can't be given with a statement.");
  if (reader.isWord("into")) throw reader.refusal("ACCESS_DENIED", "INTO is not taken: a statement only answers.");
  reader.takeMark(";");
  if (reader.peek().kind !== "end") throw reader.unexpected("The end of the statement");
  return format;
}
