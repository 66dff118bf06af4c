// `tributary destinations`: what is set up, tried and switched; written into a file, and made as a file says. What was sent is looked at, and
// sent again, in the files beside it.
import { readFile, writeFile } from "node:fs/promises";
import { Command } from "commander";
import {
  destinationChanged, destinationDetail, destinationList, destinationTest, subscriptionChanged, subscriptionDetail, subscriptionList, type DestinationChanged,
} from "@tributary/schema/api/destinations.ts";
import { withServer, type ApiClient } from "./api-client.ts";
import { audienceSyncCommands } from "./audience-sync.ts";
import { CliError } from "./cli-error.ts";
import { archiveCommand } from "./destinations-archive.ts";
import { catalogCommand } from "./destinations-catalog.ts";
import { destinationsYaml, readDestinationsFile, type FileDestination, type FileSubscription } from "./destinations-file.ts";
import { connectCommand } from "./destinations-connect.ts";
import { deliveryCommands, exchangeText, pathOf } from "./destinations-deliveries.ts";
import { personCommand } from "./destinations-person.ts";
import { replayCommands } from "./destinations-replay.ts";
import { countText, processOutput, tableText, type Output } from "./output.ts";

export function destinationsCommand(output: Output = processOutput): Command {
  const to = (work: (client: ApiClient) => Promise<void>): Promise<void> => withServer(process.env, work);
  const command = new Command("destinations").description("what events and audiences are sent to: choose, list, try, switch, look at what was sent and send it again, archive, write to a file and make as a file says")
    .addCommand(new Command("list").description("the destinations in use").action(() => to((client) => list(client, output))))
    .addCommand(new Command("show").description("one destination and what goes to it, as YAML; secrets are never shown").argument("<slug>").action((slug: string) => to((client) => show(client, output, slug))))
    .addCommand(new Command("test").description("call the vendor once with the settings, and show what was asked and answered").argument("<slug>").action((slug: string) => to((client) => tryIt(client, output, slug))))
    .addCommand(connectCommand(output, to))
    .addCommand(switchCommand("enable", true, output, to))
    .addCommand(switchCommand("disable", false, output, to))
    .addCommand(new Command("export").description("write the destinations in use as YAML, without secrets")
      .argument("[file]", "where to; standard output when not said").action((file: string | undefined) => to((client) => exportTo(client, output, file))))
    .addCommand(new Command("apply").description("make and change what a file has; what it leaves out stays as it is")
      .argument("<file>", "as `tributary destinations export` writes it; - for standard input")
      .option("--dry-run", "show what would change, and change nothing")
      .action((file: string, options: { dryRun?: boolean }) => to((client) => apply(client, output, file, options.dryRun ?? false))));
  const more = [
    ...deliveryCommands(output, to, idOf), personCommand(output, to), ...replayCommands(output, to, idOf), archiveCommand(output, to, idOf), catalogCommand(output, to),
    ...audienceSyncCommands(output, to, async (client, slug, name) => `${pathOf(slug)}/subscriptions/${await idOf(client, slug, name)}`),
  ];
  for (const one of more) command.addCommand(one);
  return command;
}

function switchCommand(name: "enable" | "disable", enabled: boolean, output: Output, to: (work: (client: ApiClient) => Promise<void>) => Promise<void>): Command {
  return new Command(name).description(`${enabled ? "begin" : "stop"} sending to a destination, or by one of its subscriptions`)
    .argument("<slug>").argument("[subscription]", "its name; the destination itself when not said")
    .option("--dry-run", "say what would be sent at once, and change nothing")
    .action((slug: string, subscription: string | undefined, options: { dryRun?: boolean }) => to((client) => turn(client, output, { slug, subscription, enabled, isDry: options.dryRun ?? false })));
}

async function list(client: ApiClient, output: Output): Promise<void> {
  const { data } = await client.get("/api/v1/destinations", destinationList);
  const rows = data.map((one) => [one.slug, one.name, one.definition, one.enabled ? "on" : "off", `${one.subscriptions.enabled} of ${one.subscriptions.total}`]);
  output.out(tableText([["SLUG", "NAME", "OF", "STATE", "SUBSCRIPTIONS ON"], ...rows]));
}

async function wholeOf(client: ApiClient, slug: string): Promise<Parameters<typeof destinationsYaml>[0][number]> {
  const one = await client.get(pathOf(slug), destinationDetail);
  const { data } = await client.get(`${pathOf(slug)}/subscriptions`, subscriptionList);
  const subscriptions = [];
  for (const { id } of data) subscriptions.push(await client.get(`${pathOf(slug)}/subscriptions/${id}`, subscriptionDetail));
  return { one, subscriptions };
}

async function show(client: ApiClient, output: Output, slug: string): Promise<void> {
  const whole = await wholeOf(client, slug);
  output.out(destinationsYaml([whole]));
  for (const { field, problem } of whole.one.problems) output.err(`Problem: ${field === "" ? "" : `${field}: `}${problem}\n`);
}

async function tryIt(client: ApiClient, output: Output, slug: string): Promise<void> {
  const { ok, detail, exchanges } = await client.post(`${pathOf(slug)}/test`, undefined, destinationTest);
  for (const one of exchanges) output.out(exchangeText(one, { withHeaders: false }));
  if (!ok) throw new CliError(`${slug} can't be reached with its settings: ${detail ?? "no reason was given."}`, { hint: "Correct its settings, and try again." });
  output.err("It works.\n");
}

interface Turn {
  readonly slug: string;
  readonly subscription: string | undefined;
  readonly enabled: boolean;
  readonly isDry: boolean;
}

async function turn(client: ApiClient, output: Output, { slug, subscription, enabled, isDry }: Turn): Promise<void> {
  const query = `?dry_run=${isDry}`;
  const answer = subscription === undefined
    ? await client.patch(`${pathOf(slug)}${query}`, { enabled }, destinationChanged)
    : await client.patch(`${pathOf(slug)}/subscriptions/${await idOf(client, slug, subscription)}${query}`, { enabled }, subscriptionChanged);
  const what = subscription === undefined ? slug : `“${subscription}” of ${slug}`;
  output.err(answer.changed.length === 0 ? `${what} is ${enabled ? "on" : "off"} already.\n` : `${isDry ? "Dry run, nothing was changed: " : ""}${what} ${isDry ? "would be" : "is"} switched ${enabled ? "on" : "off"}.\n`);
  output.out(backfillText(answer.backfill));
}

function backfillText(backfill: DestinationChanged["backfill"]): string {
  return backfill.map(({ name, audience, people, sent }) => `${name}: ${countText(people)} people are in ${audience}, and about ${countText(sent)} of them are sent now.\n`).join("");
}

async function idOf(client: ApiClient, slug: string, name: string): Promise<number> {
  const found = (await client.get(`${pathOf(slug)}/subscriptions`, subscriptionList)).data.filter((one) => one.name === name);
  const [one] = found;
  if (one === undefined || found.length > 1) throw new CliError(`${slug} has ${found.length === 0 ? "no subscription" : `${found.length} subscriptions`} called “${name}”.`, { hint: `Look at them: tributary destinations show ${slug}` });
  return one.id;
}

async function exportTo(client: ApiClient, output: Output, file: string | undefined): Promise<void> {
  const { data } = await client.get("/api/v1/destinations", destinationList);
  const all = [];
  for (const { slug } of data) all.push(await wholeOf(client, slug));
  const yaml = destinationsYaml(all);
  if (file === undefined) return output.out(yaml);
  await writeFile(file, yaml);
  output.err(`Written to ${file}.\n`);
}

// ── As a file says ────────────────────────────────────────────────────────────────────────────────────────────────

type Step = readonly [action: "create" | "change" | "keep", what: string, changes: string];

async function apply(client: ApiClient, output: Output, file: string, isDry: boolean): Promise<void> {
  const wished = readDestinationsFile(await textOf(file), process.env);
  const stored = new Set((await client.get("/api/v1/destinations", destinationList)).data.map(({ slug }) => slug));
  for (const one of wished) {
    if (!stored.has(one.slug) && one.unset.length > 0) throw new CliError(`${one.slug} is not there yet, and ${one.unset.join(", ")} ${one.unset.length === 1 ? "is" : "are"} not set.`, { hint: "Set what the file takes from the environment." });
  }
  const steps: Step[] = [];
  for (const one of wished) steps.push(...(stored.has(one.slug) ? await changeOne(client, one, isDry) : await createOne(client, one, isDry)));
  const shown = steps.filter(([action]) => action !== "keep");
  if (shown.length > 0) output.out(tableText([["ACTION", "WHAT", "CHANGES"], ...shown]));
  output.err(`${isDry ? "Dry run, nothing was changed: " : ""}${countText(shown.length)} ${isDry ? "would change" : "changed"}, ${countText(steps.length - shown.length)} as they are.\n`);
}

async function createOne(client: ApiClient, one: FileDestination, isDry: boolean): Promise<Step[]> {
  const { slug, name, definition, enabled, settings, per_second, account, test_people, features, subscriptions } = one;
  if (!isDry) await client.post("/api/v1/destinations", { slug, name, definition, enabled, settings, per_second, account, test_people, features }, destinationDetail);
  const steps: Step[] = [["create", slug, ""]];
  for (const subscription of subscriptions) steps.push(await createSubscription(client, slug, subscription, isDry));
  return steps;
}

async function createSubscription(client: ApiClient, slug: string, { name, enabled, definition }: FileSubscription, isDry: boolean): Promise<Step> {
  if (!isDry) await client.post(`${pathOf(slug)}/subscriptions`, { name, enabled, definition }, subscriptionDetail);
  return ["create", `${slug}: ${name}`, ""];
}

async function changeOne(client: ApiClient, one: FileDestination, isDry: boolean): Promise<Step[]> {
  const { slug, name, definition, enabled, settings, per_second, account, test_people, features, subscriptions } = one;
  const before = await client.get(pathOf(slug), destinationDetail);
  if (before.definition !== definition) throw new CliError(`${slug} is a ${before.definition}, and the file says ${definition}.`, { hint: "What a destination is never changes: give it another slug, or archive the one that is there." });
  const gone = Object.fromEntries(Object.keys(before.settings).filter((key) => !Object.hasOwn(settings, key)).map((key) => [key, null]));
  const { changed } = await client.patch(`${pathOf(slug)}?dry_run=${isDry}`, { name, enabled, settings: { ...settings, ...gone }, per_second, account, test_people, features }, destinationChanged);
  const steps: Step[] = [[changed.length === 0 ? "keep" : "change", slug, changed.join(", ")]];
  const { data } = await client.get(`${pathOf(slug)}/subscriptions`, subscriptionList);
  for (const subscription of subscriptions) {
    const found = data.filter((other) => other.name === subscription.name);
    if (found.length > 1) throw new CliError(`${slug} has ${found.length} subscriptions called “${subscription.name}”.`, { hint: "Give each a name of its own." });
    steps.push(found[0] === undefined ? await createSubscription(client, slug, subscription, isDry) : await changeSubscription(client, slug, found[0].id, subscription, isDry));
  }
  return steps;
}

async function changeSubscription(client: ApiClient, slug: string, id: number, { name, enabled, definition }: FileSubscription, isDry: boolean): Promise<Step> {
  const { changed } = await client.patch(`${pathOf(slug)}/subscriptions/${id}?dry_run=${isDry}`, { enabled, definition }, subscriptionChanged);
  return [changed.length === 0 ? "keep" : "change", `${slug}: ${name}`, changed.join(", ")];
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file === "-" ? "/dev/stdin" : file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CliError(`The file ${file} can't be read (${why}).`, { hint: "Check its name.", cause: error });
  }
}
