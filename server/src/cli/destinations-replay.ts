// `tributary destinations replay` and `replays`: what is sent again, by whatever it is asked for; first how much that is.
import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { z } from "zod";
import { guid } from "@tributary/schema/api/answer-parts.ts";
import { replayAsked, replayList, replayShown, type ReplayShown } from "@tributary/schema/api/deliveries.ts";
import { destinationDetail } from "@tributary/schema/api/destinations.ts";
import { isAgreed } from "./agreed.ts";
import type { ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { pathOf, whichOf, whichOptions, type IdOf, type To, type Which } from "./destinations-deliveries.ts";
import { countOf, shellWord } from "./given.ts";
import { countText, createProgressLine, tableText, utcText, type Output } from "./output.ts";

const POLL_MS = 500;

export function replayCommands(output: Output, to: To, idOf: IdOf): Command[] {
  return [
    whichOptions(new Command("replay").description("send again what failed for good, or whatever is asked for; all that is given must hold").argument("<slug>"))
      .option("--person <ref>", "about this person: an id, or an identifier such as email:ada@example.com")
      .addOption(new Option("--outcome <outcomes...>", "refused and expired when not said").choices(["refused", "expired", "delivered"]))
      .option("--dry-run", "only say how many that is").option("--yes", "don't ask").option("--no-wait", "only ask the server for it")
      .action((slug: string, options: ReplayOptions) => to((client) => replay(client, output, { slug, options, idOf }))),
    new Command("replays").description("what was asked to be sent again, the latest first").argument("<slug>").option("--stop <number>", "look for nothing more of this one; what was found is sent")
      .action((slug: string, { stop }: { stop?: string }) => to((client) => (stop === undefined ? list(client, output, slug) : end(client, output, slug, countOf(stop, "--stop"))))),
  ];
}

interface ReplayOptions extends Which {
  readonly person?: string;
  readonly outcome?: readonly string[];
  readonly dryRun?: true;
  readonly yes?: true;
  readonly wait: boolean;
}

interface Wished {
  readonly slug: string;
  readonly options: ReplayOptions;
  readonly idOf: IdOf;
}

async function replay(client: ApiClient, output: Output, { slug, options, idOf }: Wished): Promise<void> {
  const { enabled, status } = await client.get(pathOf(slug), destinationDetail);
  if (status === "archived") throw new CliError(`${slug} is archived.`, { hint: "Nothing is sent to it any more." });
  const { outcome: outcomes, person } = options;
  const wish = {
    ...(await whichOf(client, slug, idOf, options)), ...(outcomes === undefined ? {} : { outcomes }), ...(person === undefined ? {} : { profile: await personOf(client, person) }),
  };
  const { matching } = await client.post(`${pathOf(slug)}/replays`, { ...wish, dry_run: true }, replayAsked);
  if (matching === 0) return output.err("Nothing is like that, so nothing is sent again.\n");
  const many = `${countText(matching)} ${matching === 1 ? "delivery" : "deliveries"}`;
  if (options.dryRun === true) return output.err(`Dry run, nothing is sent: ${many} would be sent again.\n`);
  output.err(`${many} would be sent again to ${slug}, with the mapping and the settings of now.${outcomes?.includes("delivered") === true ? " What had arrived arrives once more." : ""}\n`);
  if (options.yes !== true && !(await isAgreed("Send them?"))) return output.err("Nothing is sent.\n");
  const { replay: begun } = await client.post(`${pathOf(slug)}/replays`, wish, replayAsked);
  if (begun === null) throw new CliError("The server has begun nothing.", { hint: "Look at what was asked for: tributary destinations replays <slug>" });
  if (!enabled) output.err(`${slug} is switched off: they go when it is switched on.\n`);
  await follow(client, output, { slug, begun, matching, isWaited: options.wait });
}

/** An identifier that several people share names none of them. */
async function personOf(client: ApiClient, ref: string): Promise<string> {
  const { id } = await client.get(`/api/v1/profiles/${encodeURIComponent(ref)}`, z.looseObject({ id: guid.optional() }));
  if (id === undefined) throw new CliError(`${ref} was seen with several people.`, { hint: "Name one of them by id, or by another identifier." });
  return id;
}

interface Begun {
  readonly slug: string;
  readonly begun: ReplayShown;
  readonly matching: number;
  readonly isWaited: boolean;
}

/** Waits until all are taken up; they go in their turn, with what comes in. */
async function follow(client: ApiClient, output: Output, { slug, begun, matching, isWaited }: Begun): Promise<void> {
  const line = createProgressLine(output);
  let now: ReplayShown | undefined = begun;
  if (isWaited) output.err(`Number ${begun.id} has begun, and goes on by itself when you leave this.\n`);
  while (isWaited && now?.status === "running") {
    line.show(`${countText(now.found)} of ${countText(matching)} taken up`, performance.now());
    await sleep(POLL_MS);
    now = (await client.get(`${pathOf(slug)}/replays`, replayList)).data.find(({ id }) => id === begun.id);
  }
  line.clear();
  output.err(isWaited && now !== undefined
    ? `Number ${now.id} is ${now.status}: ${countText(now.found)} taken up to be sent${now.passed_over === 0 ? "" : `, ${countText(now.passed_over)} passed over, as something newer of the same person has arrived since`}.\n`
    : `Number ${begun.id} has begun. How far it is: tributary destinations replays ${shellWord(slug)}\n`);
  output.err(`What becomes of them: tributary destinations deliveries ${shellWord(slug)} --from ${begun.created_at}\n`);
}

async function list(client: ApiClient, output: Output, slug: string): Promise<void> {
  const { data } = await client.get(`${pathOf(slug)}/replays`, replayList);
  if (data.length === 0) return output.err("Nothing was asked to be sent again.\n");
  output.out(tableText([["NUMBER", "STATE", "TAKEN UP", "PASSED OVER", "ASKED (UTC)", "DONE (UTC)", "BY"], ...data.map((one) => [String(one.id), one.status, countText(one.found), countText(one.passed_over), utcText(one.created_at), utcText(one.done_at), one.created_by])]));
}

async function end(client: ApiClient, output: Output, slug: string, id: number): Promise<void> {
  const { found } = await client.delete(`${pathOf(slug)}/replays/${id}`, replayShown);
  output.err(`Number ${id} is stopped; the ${countText(found)} that were taken up are sent.\n`);
}
