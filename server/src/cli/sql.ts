// `tributary sql "select …"`: a question over the workspace's views, as a table or as CSV.
import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { sqlAnswer, sqlRowsMax, sqlViews } from "@tributary/schema/api/sql.ts";
import { csvCell, csvLine } from "@tributary/schema/csv.ts";
import { withServer, type ApiClient } from "./api-client.ts";
import { countText, processOutput, tableText, type Output } from "./output.ts";

interface Options {
  readonly rows: string;
  readonly csv?: boolean;
  readonly views?: boolean;
}

export function sqlCommand(output: Output = processOutput): Command {
  return new Command("sql").description("ask in SQL: one SELECT over the views of the workspace, which docs/sql.md tells")
    .argument("[statement]", "the SELECT; @file reads it from a file")
    .option("--rows <count>", `rows at most, up to ${sqlRowsMax}`, "1000").option("--csv", "write CSV").option("--views", "list the views and their columns")
    .action((statement: string | undefined, options: Options) => withServer(process.env, (client) => (options.views === true || statement === undefined ? views(client, output) : ask(client, output, statement, options))));
}

async function views(client: ApiClient, output: Output): Promise<void> {
  const { data } = await client.get("/api/v1/sql/views", sqlViews);
  for (const { name, about, columns } of data) output.out(`${name}: ${about}\n${tableText(columns.map((one) => [`  ${one.name}`, one.type]))}\n`);
}

async function ask(client: ApiClient, output: Output, given: string, { rows: rowsMax, csv }: Options): Promise<void> {
  const statement = given.startsWith("@") ? await readFile(given.slice(1), "utf8") : given;
  const { columns, rows, is_cut: isCut, duration_ms: ms } = await client.post("/api/v1/sql", { statement, rows_max: Number(rowsMax) }, sqlAnswer);
  const names = columns.map(({ name }) => name);
  if (csv === true) {
    output.out(csvLine(names));
    for (const row of rows) output.out(csvLine(row.map(csvCell)));
  } else {
    output.out(tableText([names, ...rows.map((row) => row.map((cell) => String(csvCell(cell) ?? "")))]));
  }
  output.err(`${countText(rows.length)} rows${isCut ? ", and there are more" : ""}, ${Math.round(ms)} ms\n`);
}
