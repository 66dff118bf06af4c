// `tributary warehouses`: where models read; what is connected, whether it answers, and what is there.
import { Command } from "commander";
import { warehouseDetail, warehouseKindList, warehouseList, warehouseTables, warehouseTest, warehouseChanged, type WarehouseKind } from "@tributary/schema/api/warehouses.ts";
import { withServer, type ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { processOutput, tableText, type Output } from "./output.ts";

export function warehousesCommand(output: Output = processOutput): Command {
  const to = (work: (client: ApiClient) => Promise<void>): Promise<void> => withServer(process.env, work);
  const withSettings = (command: Command): Command => command
    .option("--set <name=value>", "a setting; again for each; an empty value takes it away", collect, [])
    .option("--secret <name=VARIABLE>", "a secret setting, from a variable of the environment, where no list of processes shows it", collect, []);
  return new Command("warehouses").description("databases and files that models read: connect, try, look into")
    .addCommand(new Command("kinds").description("what can be connected, and the settings of each").argument("[kind]").action((kind: string | undefined) => to((client) => kinds(client, output, kind))))
    .addCommand(new Command("list").description("the warehouses in use").action(() => to((client) => list(client, output))))
    .addCommand(new Command("show").description("one warehouse, without its secrets").argument("<slug>").action((slug: string) => to((client) => show(client, output, slug))))
    .addCommand(withSettings(new Command("create").description("connect a warehouse").argument("<kind>").argument("<name>").option("--slug <slug>", "by which models name it"))
      .action((kind: string, name: string, options: Given & { slug?: string }) => to((client) => create(client, output, { kind, name, ...options }))))
    .addCommand(withSettings(new Command("change").description("change a warehouse's name or settings").argument("<slug>").option("--name <name>"))
      .action((slug: string, options: Given & { name?: string }) => to((client) => change(client, output, slug, options))))
    .addCommand(new Command("test").description("ask it for as little as will do, and show what was asked and answered").argument("<slug>").action((slug: string) => to((client) => tryIt(client, output, slug))))
    .addCommand(new Command("tables").description("what can be read there, with columns").argument("<slug>").argument("[search]", "part of a name")
      .action((slug: string, search: string | undefined) => to((client) => tables(client, output, slug, search ?? ""))))
    .addCommand(new Command("archive").description("put a warehouse away that no model reads; its settings are deleted").argument("<slug>").action((slug: string) => to(async (client) => {
      await client.delete(pathOf(slug), warehouseDetail);
      output.err(`${slug} is archived.\n`);
    })));
}

interface Given {
  readonly set: readonly string[];
  readonly secret: readonly string[];
}

const collect = (one: string, before: readonly string[]): string[] => [...before, one];
const pathOf = (slug: string): string => `/api/v1/warehouses/${encodeURIComponent(slug)}`;

/** Numbers and yes or no are read from text by whoever checks them. */
function settingsOf({ set, secret }: Given, env: Readonly<Record<string, string | undefined>>): Record<string, string | null> {
  const pair = (text: string): [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw new CliError(`“${text}” is no setting.`, { hint: "Write it as name=value." });
    return [text.slice(0, at), text.slice(at + 1)];
  };
  const secrets = secret.map(pair).map(([name, variable]): [string, string] => {
    const value = env[variable];
    if (value === undefined || value === "") throw new CliError(`The variable ${variable} is not set.`, { hint: `Set it to the value of ${name}.` });
    return [name, value];
  });
  return Object.fromEntries([...set.map(pair).map(([name, value]): [string, string | null] => [name, value === "" ? null : value]), ...secrets]);
}

async function kinds(client: ApiClient, output: Output, slug: string | undefined): Promise<void> {
  const { data } = await client.get("/api/v1/warehouse-kinds", warehouseKindList);
  if (slug === undefined) return output.out(tableText([["KIND", "NAME", "TAKES", "TRIED AGAINST"], ...data.map((one) => [one.slug, one.name, one.reads === "sql" ? "SQL" : "names of files", triedAgainst(one)])]));
  const kind = data.find((one) => one.slug === slug);
  if (kind === undefined) throw new CliError(`There is no kind of warehouse ${slug}.`, { hint: "Look at them: tributary warehouses kinds" });
  const rows = kind.settings.map(({ key, label, required, description, default: preset }) => [key, label, required === true ? "needed" : "", kind.secrets.includes(key) ? "secret" : "", typeof preset === "object" ? "" : String(preset ?? ""), description]);
  output.out(tableText([["SETTING", "LABEL", "", "", "UNLESS SAID", ""], ...rows]));
  for (const note of kind.notes) output.out(`${note}\n`);
}

const triedAgainst = ({ proof }: WarehouseKind): string => (proof === "server" ? "a server" : "its documentation");

async function list(client: ApiClient, output: Output): Promise<void> {
  const { data } = await client.get("/api/v1/warehouses", warehouseList);
  output.out(tableText([["SLUG", "NAME", "KIND", "CHANGED"], ...data.map((one) => [one.slug, one.name, one.kind, one.updated_at])]));
}

async function show(client: ApiClient, output: Output, slug: string): Promise<void> {
  const one = await client.get(pathOf(slug), warehouseDetail);
  const rows = [...Object.entries(one.settings).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]), ...Object.entries(one.secrets).map(([name, { last }]) => [name, `set${last === "" ? "" : `, ends in ${last}`}`])];
  output.out(tableText([["SETTING", "VALUE"], ["name", one.name], ["kind", one.kind], ...rows]));
  if (one.models.length > 0) output.out(`Read by ${one.models.join(", ")}\n`);
  for (const { field, problem } of one.problems) output.err(`Problem: ${field === "" ? "" : `${field}: `}${problem}\n`);
}

async function create(client: ApiClient, output: Output, { kind, name, slug, ...given }: Given & { readonly kind: string; readonly name: string; readonly slug?: string }): Promise<void> {
  const settings = Object.fromEntries(Object.entries(settingsOf(given, process.env)).filter(([, value]) => value !== null));
  const made = await client.post("/api/v1/warehouses", { kind, name, ...(slug === undefined ? {} : { slug }), settings }, warehouseDetail);
  output.out(`${made.slug}\n`);
}

async function change(client: ApiClient, output: Output, slug: string, { name, ...given }: Given & { readonly name?: string }): Promise<void> {
  const settings = settingsOf(given, process.env);
  const { changed } = await client.patch(pathOf(slug), { ...(name === undefined ? {} : { name }), ...(Object.keys(settings).length === 0 ? {} : { settings }) }, warehouseChanged);
  output.err(changed.length === 0 ? "Nothing is another than before.\n" : `Changed: ${changed.join(", ")}.\n`);
}

async function tryIt(client: ApiClient, output: Output, slug: string): Promise<void> {
  const { ok, detail, exchanges } = await client.post(`${pathOf(slug)}/test`, undefined, warehouseTest);
  for (const one of exchanges) output.out(`${one.method} ${one.url}\n→ ${one.status ?? one.failure ?? one.response_body} (${Math.round(one.took_ms)} ms)\n`);
  if (!ok) throw new CliError(`${slug} can't be read with its settings: ${detail ?? "no reason was given."}`, { hint: "Correct its settings, and try again." });
  output.err("It works.\n");
}

async function tables(client: ApiClient, output: Output, slug: string, search: string): Promise<void> {
  const { data } = await client.get(`${pathOf(slug)}/tables?search=${encodeURIComponent(search)}`, warehouseTables);
  output.out(tableText([["NAME", "COLUMNS"], ...data.map(({ name, columns, bytes }) => [name, columns.length === 0 && bytes !== null ? `${bytes} bytes` : columns.map((one) => `${one.name} ${one.type}`).join(", ")])]));
}
