// `tributary destinations catalog`: what there is to choose from, and what one of it takes, so that it can be written into a file.
import { Command, Option } from "commander";
import { catalogDetail, catalogList, type CatalogDetail, type CatalogEntry } from "@tributary/schema/api/destinations.ts";
import type { Field } from "@tributary/schema/destination/definition.ts";
import { queryText, type ApiClient } from "./api-client.ts";
import { inJson, JSON_OPTION, type To } from "./destinations-deliveries.ts";
import { countText, lineText, tableText, type Output } from "./output.ts";

interface CatalogOptions {
  readonly category?: string;
  readonly availability: string;
  readonly show?: string;
  readonly json?: true;
}

export function catalogCommand(output: Output, to: To): Command {
  return new Command("catalog").description("the destinations that there are, and what is known to work")
    .argument("[words...]", "looked for in names, descriptions and what they can do; every word must be found")
    .option("--category <category>", "only of this category")
    .addOption(new Option("--availability <which>", "own_app needs an app that you register with the vendor, hidden can't be used and says why").choices(["usable", "ready", "own_app", "hidden"]).default("usable"))
    .option("--show <slug>", "one of them: its settings and its actions").option(...JSON_OPTION)
    .action((words: string[], options: CatalogOptions) => to((client) => (options.show === undefined ? list(client, output, words, options) : show(client, output, options.show, options.json === true))));
}

async function list(client: ApiClient, output: Output, words: readonly string[], { category, availability, json }: CatalogOptions): Promise<void> {
  const query = { search: words.length === 0 ? undefined : words.join(" "), category, availability };
  const answer = await client.get(`/api/v1/catalog?${queryText(query)}`, catalogList);
  if (json === true) return inJson(output, answer);
  if (answer.data.length > 0) return output.out(tableText([["SLUG", "NAME", "CATEGORY", "STATE", "TESTED", "IN USE"], ...answer.data.map(rowOf)]));
  const elsewhere = answer.categories.map((one) => one.category).join(", ");
  output.err(`The catalog has nothing like that${category === undefined || elsewhere === "" ? "" : ` in “${category}”, but in: ${elsewhere}`}.\n`);
}

function rowOf({ slug, name, category, availability, proof, in_use: inUse }: CatalogEntry): string[] {
  return [slug, name, category, availability.kind, proof === "contract" ? "its requests" : "that it loads", countText(inUse)];
}

async function show(client: ApiClient, output: Output, slug: string, asJson: boolean): Promise<void> {
  const answer = await client.get(`/api/v1/catalog/${encodeURIComponent(slug)}`, catalogDetail);
  if (asJson) inJson(output, answer);
  else output.out(detailText(answer));
}

function detailText({ definition: one, secrets }: CatalogDetail): string {
  const { availability } = one;
  const needs = availability.kind === "ready" ? "" : `: ${availability.kind === "own_app" ? availability.needs : availability.reason}`;
  const lines = [`${one.name} (${one.slug}), ${one.category}, is ${availability.kind}${needs}`, ...(one.description === "" ? [] : [lineText(one.description)]), ...one.notes.map((note) => `Note: ${note}`), ""];
  const shown = one.settings.filter(({ isHidden }) => !isHidden);
  if (shown.length > 0) lines.push(tableText([["SETTING", "TYPE", "", "LABEL"], ...shown.map((setting) => [setting.key, typeText(setting), markText(setting, secrets), lineText(setting.label)])]));
  const actions = one.actions.filter(({ isHidden }) => !isHidden);
  lines.push(tableText([["ACTION", "FIELDS IT NEEDS", "NAME"], ...actions.map(({ key, fields, name }) => [key, fields.filter(({ required }) => required === true).map((field) => field.key).join(", "), lineText(name)])]).trimEnd());
  return `${lines.join("\n")}\n`;
}

function typeText({ type, isMultiple, choices }: Field): string {
  const one = choices === undefined || choices.length === 0 ? type : choices.map(({ value }) => String(value)).join("|");
  return isMultiple ? `list of ${one}` : one;
}

function markText({ key, required }: Field, secrets: readonly string[]): string {
  const needed = required === true ? ["needed"] : required === false ? [] : ["needed at times"];
  return [...needed, ...(secrets.includes(key) ? ["secret"] : [])].join(", ");
}
