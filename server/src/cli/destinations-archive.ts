// `tributary destinations archive`: ends a destination, or one of its subscriptions, for good. There is no way back, so it is said first what
// becomes of those whom the vendor was told of, and asked.
import { Command } from "commander";
import { syncState } from "@tributary/schema/api/audience-sync.ts";
import { destinationDetail, subscriptionDetail, subscriptionList, type Subscription } from "@tributary/schema/api/destinations.ts";
import { isAgreed } from "./agreed.ts";
import type { ApiClient } from "./api-client.ts";
import { pathOf, type IdOf, type To } from "./destinations-deliveries.ts";
import { shellWord } from "./given.ts";
import { countText, type Output } from "./output.ts";

interface ArchiveOptions {
  readonly empty?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function archiveCommand(output: Output, to: To, idOf: IdOf): Command {
  return new Command("archive").description("end a destination, or one of its subscriptions, for good; a destination's settings and tokens are deleted")
    .argument("<slug>").argument("[subscription]", "its name; the destination itself when not said")
    .option("--empty", "first take everybody away at the vendor who was put into an audience there")
    .option("--dry-run", "say what would stop, and who is at the vendor, and change nothing").option("--yes", "don't ask")
    .action((slug: string, name: string | undefined, options: ArchiveOptions) => to((client) => archive(client, output, { slug, name, options, idOf })));
}

interface Wished {
  readonly slug: string;
  readonly name: string | undefined;
  readonly options: ArchiveOptions;
  readonly idOf: IdOf;
}

async function archive(client: ApiClient, output: Output, { slug, name, options: { empty = false, dryRun = false, yes = false }, idOf }: Wished): Promise<void> {
  const what = name === undefined ? slug : `“${name}” of ${slug}`;
  if ((await client.get(pathOf(slug), destinationDetail)).status === "archived") return output.err(`${slug} is archived already.\n`);
  const id = name === undefined ? undefined : await idOf(client, slug, name);
  const ending = (await client.get(`${pathOf(slug)}/subscriptions`, subscriptionList)).data.filter((one) => id === undefined || one.id === id);
  const told = await toldOf(client, slug, ending);
  output.err(planText({ what, isWhole: id === undefined, ending, told, empty }));
  if (dryRun) return output.err("Dry run, nothing was changed.\n");
  if (!yes && !(await isAgreed(`Archive ${what}?`))) return output.err("Nothing was changed.\n");
  const query = `?empty=${empty}`;
  const { status } = id === undefined ? await client.delete(`${pathOf(slug)}${query}`, destinationDetail) : await client.delete(`${pathOf(slug)}/subscriptions/${id}${query}`, subscriptionDetail);
  if (status === "archived") return output.err(`${what} is archived.\n`);
  output.err(`${what} is switched off, and archived when nobody of them is left at the vendor. How far that is:\n${told.map((one) => `  tributary destinations sync ${shellWord(slug)} ${shellWord(one.name)}\n`).join("")}`);
}

interface Told {
  readonly name: string;
  readonly people: number;
}

/** Audiences that somebody was told to be in, at the vendor. */
async function toldOf(client: ApiClient, slug: string, all: readonly Subscription[]): Promise<Told[]> {
  const told: Told[] = [];
  for (const { id, name, kind } of all) {
    if (kind !== "audience") continue;
    const { told: people } = await client.get(`${pathOf(slug)}/subscriptions/${id}/sync`, syncState);
    if (people > 0) told.push({ name, people });
  }
  return told;
}

function planText({ what, isWhole, ending, told, empty }: { readonly what: string; readonly isWhole: boolean; readonly ending: readonly Subscription[]; readonly told: readonly Told[]; readonly empty: boolean }): string {
  const within = isWhole && ending.length > 0 ? ` with ${ending.length === 1 ? "its subscription" : `its ${countText(ending.length)} subscriptions`}` : "";
  const stops = `${what} stops for good${within}${isWhole ? ", and its settings and tokens are deleted" : ""}; what was sent stays on record.\n`;
  const people = ({ people: count }: Told): string => `${countText(count)} ${count === 1 ? "person" : "people"}`;
  return `${stops}${told.map((one) => `${one.name}: the vendor was told of ${people(one)}; ${empty ? "they are taken away there first" : "they stay there, unless --empty takes them away first"}.\n`).join("")}`;
}
