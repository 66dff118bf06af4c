// `tributary destinations person`: what was sent about somebody, wherever it went, and what still waits.
import { Command } from "commander";
import { personDeliveries, type PersonDeliveries } from "@tributary/schema/api/deliveries.ts";
import { readFirst, type ApiClient } from "./api-client.ts";
import { deliveriesText, inJson, JSON_OPTION, moreText, whyText, type To } from "./destinations-deliveries.ts";
import { countOf } from "./given.ts";
import { lineText, tableText, utcText, type Output } from "./output.ts";

interface PersonOptions {
  readonly destination?: string;
  readonly limit: string;
  readonly json?: true;
}

export function personCommand(output: Output, to: To): Command {
  return new Command("person").description("what was sent about somebody to any destination, the latest first, and what waits").argument("<ref>", "an id, or an identifier such as email:ada@example.com")
    .option("--destination <slug>", "only what went to this one").option("--limit <number>", "so many at most", "20").option(...JSON_OPTION)
    .action((ref: string, options: PersonOptions) => to((client) => person(client, output, ref, options)));
}

async function person(client: ApiClient, output: Output, ref: string, { destination, limit, json }: PersonOptions): Promise<void> {
  const { rows, isMore, first: { waiting } } = await readFirst(client, `/api/v1/profiles/${encodeURIComponent(ref)}/deliveries`, { query: { destination }, limit: countOf(limit, "--limit"), page: personDeliveries });
  if (json === true) inJson(output, { data: rows, waiting });
  else if (rows.length > 0) output.out(deliveriesText(rows, { title: "DESTINATION", of: ({ destination: slug }) => slug }));
  else output.err(`Nothing about them was sent${destination === undefined ? "" : ` to ${destination}`}.\n`);
  if (isMore) output.err(moreText());
  if (json !== true && waiting.length > 0) output.out(`${rows.length > 0 ? "\n" : ""}${waitingText(waiting)}`);
}

function waitingText(waiting: PersonDeliveries["waiting"]): string {
  const rows = waiting.map((one) => [utcText(one.next_at), one.destination, lineText(one.subscription_name ?? String(one.subscription)), String(one.attempts), utcText(one.first_at), whyText(one)]);
  return tableText([["WAITS UNTIL (UTC)", "DESTINATION", "SUBSCRIPTION", "TRIES", "SINCE (UTC)", "WHY"], ...rows]);
}
