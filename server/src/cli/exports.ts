// `tributary exports`: which files about people left, files of tables and of what is asked in SQL, and links by which audiences are shared.
import { open, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { exportList, exportPeople, share, shareCreate, shareList, shareMade } from "@tributary/schema/api/exports.ts";
import { withServer, type ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { processOutput, tableText, type Output } from "./output.ts";

export function exportsCommand(output: Output = processOutput): Command {
  const to = (work: (client: ApiClient) => Promise<void>): Promise<void> => withServer(process.env, work);
  return new Command("exports").description("files about people that left, and links by which audiences are shared")
    .addCommand(new Command("list").description("the newest files, with how many people stood in each").action(() => to((client) => list(client, output))))
    .addCommand(new Command("people").description("the ids of those who stood in a file or an answer").argument("<export>", "its id").action((id: string) => to((client) => people(client, output, id))))
    .addCommand(new Command("file").description("write a table, or what a statement in SQL gives, into a file").argument("[table]", "one that `tributary sql --views` lists").requiredOption("--to <path>", "a file that is not there yet")
      .option("--sql <statement>", "instead of a table").option("--columns <columns>", "of the table, with commas between").option("--rows <rows>", "at most so many").option("--format <format>", "csv, ndjson or parquet")
      .action((table: string | undefined, options: FileOptions) => to((client) => file(client, output, table, options))))
    .addCommand(new Command("shares").description("links by which audiences are shared").action(() => to((client) => shares(client, output))))
    .addCommand(new Command("share").description("make a link by which whoever has it fetches who is in an audience").argument("<audience>", "its slug")
      .requiredOption("--name <name>", "whom it is for").requiredOption("--columns <columns>", "with commas between: id, since, known, identifiers, and traits as trait.plan")
      .option("--rows <rows>", "at most so many").option("--hours <hours>", "how long it works").option("--format <format>", "csv or ndjson")
      .action((audience: string, options: ShareOptions) => to((client) => make(client, output, audience, options))))
    .addCommand(new Command("revoke").description("end a link, from now on").argument("<share>", "its id").action((id: string) => to(async (client) => {
      const { name } = await client.delete(`/api/v1/shares/${encodeURIComponent(id)}`, share);
      output.out(`The link “${name}” works no more.\n`);
    })));
}

interface ShareOptions {
  readonly name: string;
  readonly columns: string;
  readonly rows?: string;
  readonly hours?: string;
  readonly format?: string;
}

async function list(client: ApiClient, output: Output): Promise<void> {
  const { data } = await client.get("/api/v1/exports", exportList);
  output.out(tableText([["AT", "ID", "WHAT", "FORMAT", "PEOPLE", "STATE", "BY"], ...data.map((one) => [one.created_at, one.id, one.what === "" ? one.kind : `${one.kind} ${one.what}`, one.format, String(one.people), one.status, one.created_by_name ?? one.created_by])]));
}

interface FileOptions {
  readonly to: string;
  readonly sql?: string;
  readonly columns?: string;
  readonly rows?: string;
  readonly format?: string;
}

const named = (columns: string): string[] => columns.split(",").map((one) => one.trim()).filter((one) => one !== "");

async function file(client: ApiClient, output: Output, table: string | undefined, { to, sql, columns, rows, format }: FileOptions): Promise<void> {
  // What is wrong with it the server says better.
  const wish = { ...(table === undefined ? {} : { table }), ...(sql === undefined ? {} : { statement: sql }), ...(columns === undefined ? {} : { columns: named(columns) }),
    ...(rows === undefined ? {} : { row_limit: Number(rows) }), ...(format === undefined ? {} : { format }) };
  // Before it is asked for: what is written is kept as having left.
  const target = await open(to, "wx").catch((cause: unknown) => {
    throw new CliError(`${to} can't be written.`, { hint: "Name a file that is not there yet, in a folder that is.", cause });
  });
  let exportId: unknown;
  try {
    const { stream, headers } = await client.download("/api/v1/exports", wish);
    exportId = headers["x-export-id"];
    await pipeline(stream, target.createWriteStream());
  } catch (error) {
    await target.close();
    await rm(to);
    throw error;
  }
  output.err(`Who stands in it is kept as ${String(exportId)}.\n`);
}

async function people(client: ApiClient, output: Output, id: string): Promise<void> {
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: { data: string[]; next_cursor: string | null } = await client.get(`/api/v1/exports/${encodeURIComponent(id)}/people${cursor === "" ? "" : `?cursor=${encodeURIComponent(cursor)}`}`, exportPeople);
    if (page.data.length > 0) output.out(`${page.data.join("\n")}\n`);
    cursor = page.next_cursor;
  }
}

async function shares(client: ApiClient, output: Output): Promise<void> {
  const { data } = await client.get("/api/v1/shares", shareList);
  output.out(tableText([["ID", "AUDIENCE", "NAME", "STATE", "UNTIL", "FETCHED"], ...data.map((one) => [one.id, one.audience, one.name, one.works ? "works" : one.revoked_at === null ? "over" : "revoked", one.expires_at, String(one.downloads)])]));
}

async function make(client: ApiClient, output: Output, audience: string, { name, columns, rows, hours, format }: ShareOptions): Promise<void> {
  const wish = shareCreate.partial().loose().parse({
    name, columns: named(columns), ...(rows === undefined ? {} : { row_limit: Number(rows) }), ...(hours === undefined ? {} : { hours: Number(hours) }),
    ...(format === undefined ? {} : { format }),
  });
  const made = await client.post(`/api/v1/audiences/${encodeURIComponent(audience)}/shares`, wish, shareMade);
  output.out(`${made.url}\n`);
  output.err(`Whoever has this link has the file, until ${made.expires_at}. It is not shown again.\n`);
}
