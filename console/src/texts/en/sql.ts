// SQL over the workspace's own views.
import { count, plural } from "../words.ts";

export const sql = {
  title: "SQL",
  sentence: "Ask about people and events with one SELECT. Nothing is changed by it.",
  found: (rows: number, isCut: boolean, ms: number) => `${isCut ? "The first " : ""}${plural(rows, "row", "rows")} in ${count(ms)} ms.${isCut ? " There are more." : ""}`,
  statement: "Statement",
  run: "Run",
  asFile: "As a file",
  kept: "Whose rows these are is recorded",
  nothing: "null",
  hint: "Ctrl or ⌘ and Enter",
  result: "Result",
  views: "Views",
  search: "Find a view or column",
  noViews: "No view or column has that in its name.",
  none: "Nothing was asked yet",
  noneText: "Run the statement above, or write one of your own over the views at the side.",
  noRows: "No rows",
  noRowsText: "The statement ran, and nothing answers to it.",
};
