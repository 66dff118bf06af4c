// `tributary destinations sync`, `answer`, `hold-out`: an audience at a destination.
import { Command, Option } from "commander";
import { holdOutShown, stopShown, syncAsked, syncState, type HoldOutShown, type SyncShown } from "@tributary/schema/api/audience-sync.ts";
import type { ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { countText, tableText, type Output } from "./output.ts";

type To = (work: (client: ApiClient) => Promise<void>) => Promise<void>;
/** The address of a subscription, found by its name. */
type PathOf = (client: ApiClient, slug: string, subscription: string) => Promise<string>;

export function audienceSyncCommands(output: Output, to: To, pathOf: PathOf): Command[] {
  const named = (name: string, description: string): Command => new Command(name).description(description).argument("<slug>").argument("<subscription>", "its name");
  return [
    named("sync", "say how an audience is at a destination, or send it anew")
      .addOption(new Option("--send <which>", "all who are to be there, only what differs from what was told, or empty the list").choices(["all", "differences", "empty"]))
      .option("--dry-run", "with --send: only say how many people that is")
      .action((slug: string, name: string, options: { send?: string; dryRun?: boolean }) => to(async (client) => {
        const path = await pathOf(client, slug, name);
        if (options.send === undefined) return show(client, output, path);
        const { kind, told, people, sync } = await client.post(`${path}/syncs`, { kind: options.send, dry_run: options.dryRun ?? false }, syncAsked);
        output.err(`${sync === null ? "Dry run, nothing is sent: " : ""}${countText(people)} people are in it, and the destination was told of ${countText(told)}. ${sync === null ? "" : `Number ${sync.id} (${kind}) has begun.\n`}${sync === null ? "\n" : ""}`);
      })),
    named("answer", "say whether a big change of an audience is sent").argument("<answer>", "go-on or drop").action((slug: string, name: string, said: string) => to(async (client) => {
      if (said !== "go-on" && said !== "drop") throw new CliError(`“${said}” is no answer.`, { hint: "Say go-on, or drop." });
      const path = await pathOf(client, slug, name);
      const asked = (await client.get(`${path}/sync`, syncState)).stops.find(({ status }) => status === "asked");
      if (asked === undefined) throw new CliError("Nothing waits for an answer.", { hint: "Look at it: tributary destinations sync <slug> <subscription>" });
      await client.post(`${path}/answer`, { stop: asked.id, answer: said === "drop" ? "drop" : "go_on" }, stopShown);
      output.err(said === "drop" ? "It is left out.\n" : `It goes on: ${countText(asked.would_add)} come, ${countText(asked.would_remove)} go.\n`);
    })),
    named("hold-out", "what difference it makes, by those who are sent nothing").action((slug: string, name: string) => to(async (client) => {
      output.out(holdOutText(await client.get(`${await pathOf(client, slug, name)}/hold-out`, holdOutShown)));
    })),
  ];
}

async function show(client: ApiClient, output: Output, path: string): Promise<void> {
  const { told, people, stops, syncs } = await client.get(`${path}/sync`, syncState);
  output.out(`${people === null ? "It sends events, not an audience." : `${countText(people)} people are in the audience, and the destination was told of ${countText(told)}.`}\n`);
  for (const { would_add: add, would_remove: remove, people: there, reasons } of stops.filter(({ status }) => status === "asked")) {
    output.out(`It stands still and asks (${reasons.join(", ")}): ${countText(add)} would come and ${countText(remove)} go, of ${countText(there)}.\n`);
  }
  if (syncs.length > 0) output.out(tableText([["NUMBER", "KIND", "STATE", "LOOKED AT", "TO BE THERE", "MISSING", "TOO MANY", "SENT", "TAKEN AWAY"], ...syncs.map(rowOf)]));
}

function rowOf(one: SyncShown): string[] {
  const looked = one.total === null ? countText(one.looked) : `${countText(one.looked)} of ${countText(one.total)}`;
  return [String(one.id), one.kind, one.status, looked, countText(one.should), countText(one.missing), countText(one.too_many), countText(one.adds), countText(one.removes)];
}

function holdOutText({ share, sent, held_out: held, difference, too_few: tooFew, needed, problem, currency }: HoldOutShown): string {
  const money = (value: number): string => `${value.toFixed(2)}${currency === null ? "" : ` ${currency}`}`;
  const row = (name: string, arm: HoldOutShown["sent"]): string[] => [name, countText(arm.people), countText(arm.buyers), countText(arm.orders), money(arm.net_revenue), money(arm.net_revenue_per_person)];
  const verdict = problem ?? (tooFew !== null || difference === null
    ? `Too few to say anything: it takes ${needed.people} people and ${needed.buyers} buyers on either side.`
    : `Net revenue per person differs by ${money(difference.net_revenue_per_person)} (95 %: ${money(difference.low)} to ${money(difference.high)}).`);
  return `${(share * 100).toFixed(0)} % are held out.\n${tableText([["", "PEOPLE", "BUYERS", "ORDERS", "NET REVENUE", "PER PERSON"], row("sent", sent), row("held out", held)])}${verdict}\n`;
}
