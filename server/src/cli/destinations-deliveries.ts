// `tributary destinations health`, `deliveries`, `delivery`, `errors`: how a destination is, what was sent to it, and what came back.
import { Command, Option } from "commander";
import {
  deliveryList, destinationHealth, errorGroups, requestShown, type DeliveryList, type DeliveryShown, type DestinationHealth, type ErrorGroups, type RequestShown,
} from "@tributary/schema/api/deliveries.ts";
import type { Exchange } from "@tributary/schema/api/destinations.ts";
import { readFirst, type ApiClient, type Query } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { countOf, shellWord, timeOf } from "./given.ts";
import { countText, durationText, lineText, plainText, tableText, utcText, type Output } from "./output.ts";

export type To = (work: (client: ApiClient) => Promise<void>) => Promise<void>;
/** The number of a subscription, found by its name. */
export type IdOf = (client: ApiClient, slug: string, subscription: string) => Promise<number>;

export const pathOf = (slug: string): string => `/api/v1/destinations/${encodeURIComponent(slug)}`;
export const inJson = (output: Output, answer: unknown): void => output.out(`${JSON.stringify(answer, null, 2)}\n`);

export const JSON_OPTION = ["--json", "as JSON, in the words of the API"] as const;
const OUTCOMES = ["delivered", "refused", "expired", "held_out", "nothing"];

export function deliveryCommands(output: Output, to: To, idOf: IdOf): Command[] {
  const of = (name: string, description: string): Command => new Command(name).description(description).argument("<slug>");
  const hours = (command: Command): Command => command.option("--hours <number>", "looks back so far, at most 31 days", "24").option(...JSON_OPTION);
  return [
    hours(of("health", "how a destination is, what waits and what became of everything; exit code 1 when it fails"))
      .action((slug: string, options: HoursOptions) => to((client) => health(client, output, slug, options))),
    whichOptions(of("deliveries", "what was sent to a destination and what came of it, the latest first"))
      .addOption(new Option("--outcome <outcome>", "only what ended like this").choices(OUTCOMES))
      .option("--limit <number>", "so many at most", "20").option(...JSON_OPTION)
      .action((slug: string, options: ListOptions) => to((client) => list(client, output, { slug, options, idOf }))),
    of("delivery", "what became of one delivery or event, with request and reply as they went; secrets are never shown").argument("<id>", "as `deliveries` shows it, or the message id of an event")
      .option(...JSON_OPTION).action((slug: string, id: string, options: { json?: true }) => to((client) => one(client, output, { slug, id, asJson: options.json === true }))),
    hours(of("errors", "what failed for good, by reason, with what to do")).action((slug: string, options: HoursOptions) => to((client) => errors(client, output, slug, options))),
  ];
}

/** Which deliveries are meant; also of those that are sent again. */
export interface Which {
  readonly from?: string;
  readonly until?: string;
  readonly event?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly subscription?: string;
}

export function whichOptions(command: Command): Command {
  return command.option("--from <time>", "ended then or later; without a zone it is UTC").option("--until <time>", "ended before")
    .option("--event <name>", "of events of this name").option("--message <id>", "of the event with this message id")
    .option("--reason <code>", "failed for this reason, as `errors` tells them").option("--subscription <name>", "by this subscription");
}

/** As the API asks for it. */
export async function whichOf(client: ApiClient, slug: string, idOf: IdOf, given: Which): Promise<Record<string, string | number>> {
  const { from, until, event, message, reason, subscription } = given;
  return {
    ...(from === undefined ? {} : { from: timeOf(from, "--from") }), ...(until === undefined ? {} : { until: timeOf(until, "--until") }),
    ...(event === undefined ? {} : { event }), ...(message === undefined ? {} : { message_id: message }), ...(reason === undefined ? {} : { code: reason }),
    ...(subscription === undefined ? {} : { subscription: await idOf(client, slug, subscription) }),
  };
}

// ── How it is ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface HoursOptions {
  readonly hours: string;
  readonly json?: true;
}

async function health(client: ApiClient, output: Output, slug: string, { hours: given, json }: HoursOptions): Promise<void> {
  const hours = countOf(given, "--hours");
  const answer = await client.get(`${pathOf(slug)}/health?hours=${hours}`, destinationHealth);
  if (json === true) inJson(output, answer);
  else output.out(healthText(slug, hours, answer));
  if (answer.state === "failing" || answer.state === "unauthorized") process.exitCode = 1;
}

function healthText(slug: string, hours: number, { state, since, code, detail, advice, next_attempt_at: next, waiting, counts, latency_ms: latency }: DestinationHealth): string {
  const why = whyText({ code, detail });
  const lines = [`${slug} is ${state}${since === null || state === "off" ? "" : ` since ${utcText(since)} (UTC)`}${why === "" ? "." : `: ${why}`}`];
  if (advice !== "") lines.push(`What to do: ${advice}`);
  if (next !== null) lines.push(`It is tried again at ${utcText(next)} (UTC).`);
  lines.push("", ...waitingLines(waiting), "");
  if (counts.length === 0) lines.push(`Nothing was sent and nothing kept back in the last ${hoursText(hours)}.`);
  else lines.push(`In the last ${hoursText(hours)}:`, tableText([["OUTCOME", "COUNT", "WHY"], ...counts.map((one) => [one.outcome, countText(one.count), lineText(one.reason)])]).trimEnd());
  if (latency.count > 0) lines.push("", `From coming in to delivered: half within ${tookText(latency.p50)}, 99 of 100 within ${tookText(latency.p99)}.`);
  return `${lines.join("\n")}\n`;
}

function waitingLines({ events, oldest_at: oldest, again, behind, oldest_failed_at: oldestFailed, next_at: next }: DestinationHealth["waiting"]): string[] {
  const lines: string[] = [];
  if (events !== null && events > 0) lines.push(`${countText(events)} events are not looked at yet${oldest === null ? "" : `, the oldest from ${utcText(oldest)} (UTC)`}.`);
  if (again > 0) lines.push(`${countText(again)} are to be sent again${oldestFailed === null ? "" : `, the oldest of ${utcText(oldestFailed)} (UTC)`}${next === null ? "" : `, the next at ${utcText(next)} (UTC)`}.`);
  if (behind > 0) lines.push(`${countText(behind)} wait behind something of the same person.`);
  return lines.length === 0 ? ["Nothing waits."] : lines;
}

const hoursText = (hours: number): string => (hours === 1 ? "hour" : `${countText(hours)} hours`);
const tookText = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : durationText(ms));

async function errors(client: ApiClient, output: Output, slug: string, { hours: given, json }: HoursOptions): Promise<void> {
  const hours = countOf(given, "--hours");
  const answer = await client.get(`${pathOf(slug)}/errors?hours=${hours}`, errorGroups);
  if (json === true) return inJson(output, answer);
  if (answer.data.length === 0) return output.err(`Nothing failed for good in the last ${hoursText(hours)}.\n`);
  output.out(answer.data.map((group) => groupText(slug, group)).join("\n"));
}

function groupText(slug: string, { code, count, people, last_at: last, detail, advice, message_id: message }: ErrorGroups["data"][number]): string {
  const lines = [`${lineText(code)}: ${countText(count)} ${count === 1 ? "delivery" : "deliveries"} about ${countText(people)} ${people === 1 ? "person" : "people"}, the last ${utcText(last)} (UTC)`];
  if (detail !== "") lines.push(`  It said: ${lineText(detail)}`);
  if (advice !== "") lines.push(`  What to do: ${advice}`);
  lines.push(`  Look at one: tributary destinations delivery ${shellWord(slug)} ${shellWord(lineText(message))}`, `  Send again:  tributary destinations replay ${shellWord(slug)} --reason ${shellWord(lineText(code))}`);
  return `${lines.join("\n")}\n`;
}

// ── Deliveries ────────────────────────────────────────────────────────────────────────────────────────────────────

interface ListOptions extends Which {
  readonly outcome?: string;
  readonly limit: string;
  readonly json?: true;
}

async function list(client: ApiClient, output: Output, { slug, options, idOf }: { readonly slug: string; readonly options: ListOptions; readonly idOf: IdOf }): Promise<void> {
  const query: Query = { ...(await whichOf(client, slug, idOf, options)), outcome: options.outcome };
  const { rows, isMore } = await readFirst(client, `${pathOf(slug)}/deliveries`, { query, limit: countOf(options.limit, "--limit"), page: deliveryList });
  if (options.json === true) inJson(output, { data: rows });
  else if (rows.length === 0) output.err("No delivery is like that.\n");
  else output.out(deliveriesText(rows));
  const last = rows.at(-1);
  if (isMore && last !== undefined) output.err(moreText(last.finished_at));
}

/** Of those that ended in one moment, some may be shown again by `--until`, so that none is left out. */
export function moreText(lastAt?: string): string {
  return `There are more: ask for them with --limit${lastAt === undefined ? "" : `, or for those before with --until ${new Date(Date.parse(lastAt) + 1).toISOString()}`}.\n`;
}

/** A row for each; `first`: a column before the others. */
export function deliveriesText<Row extends DeliveryShown>(rows: readonly Row[], first?: { readonly title: string; readonly of: (row: Row) => string }): string {
  const head = ["ENDED (UTC)", ...(first === undefined ? [] : [first.title]), "OUTCOME", "EVENT", "SUBSCRIPTION", "PERSON", "TRIES", "ID", "WHY"];
  return tableText([head, ...rows.map((row) => [
    utcText(row.finished_at), ...(first === undefined ? [] : [lineText(first.of(row))]), row.outcome, lineText(row.event), lineText(row.subscription_name ?? String(row.subscription)), row.profile_id ?? "nobody",
    String(row.attempts), row.request_id ?? lineText(row.message_id), whyText(row),
  ])]);
}

export function whyText({ code, detail }: { readonly code: string; readonly detail: string }): string {
  return lineText([code, detail].filter((text) => text !== "").join(": "));
}

const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;
const SHOWN_OF_ONE = 20;

async function one(client: ApiClient, output: Output, { slug, id, asJson }: { readonly slug: string; readonly id: string; readonly asJson: boolean }): Promise<void> {
  const read = (query: Query): ReturnType<typeof readFirst<DeliveryList>> => readFirst(client, `${pathOf(slug)}/deliveries`, { query, limit: SHOWN_OF_ONE, page: deliveryList });
  const byRequest = GUID.test(id) ? await read({ request_id: id }) : undefined;
  // Message ids look like this, too.
  const { rows, isMore } = byRequest === undefined || byRequest.rows.length === 0 ? await read({ message_id: id }) : byRequest;
  if (rows.length === 0) throw new CliError(`Nothing of ${lineText(id)} was sent to ${slug}.`, { hint: `Look at what was: tributary destinations deliveries ${slug}` });
  const requests = new Map<string, RequestShown | null>();
  for (const { request_id: request } of rows) if (request !== null && !requests.has(request)) requests.set(request, await requestOf(client, slug, request));
  if (asJson) return inJson(output, { deliveries: rows, requests: Object.fromEntries(requests) });
  output.out(deliveriesText(rows));
  if (isMore) output.err(`Only ${SHOWN_OF_ONE} of those that went with it are shown.\n`);
  for (const [request, shown] of requests) output.out(`\nRequest ${request}\n${shown === null ? "Nothing of it is kept.\n" : requestText(shown)}`);
  if (requests.size === 0) output.out("\nNo request was made.\n");
}

async function requestOf(client: ApiClient, slug: string, request: string): Promise<RequestShown | null> {
  try {
    return await client.get(`${pathOf(slug)}/requests/${request}`, requestShown);
  } catch (error) {
    if (error instanceof CliError && error.code === "not_found") return null;
    throw error;
  }
}

function requestText({ exchanges, hashes, kept_for_days: days }: RequestShown): string {
  if (exchanges.length > 0) return exchanges.map((exchange) => exchangeText(exchange, { withHeaders: true })).join("\n");
  const rows = hashes.map((hash) => [utcText(hash.at), hash.method, hash.status === null ? "no reply" : String(hash.status), hash.request, hash.response]);
  return `Bodies are kept for ${days} days; what is left of these:\n${tableText([["AT (UTC)", "METHOD", "STATUS", "SHA-256 OF THE REQUEST", "SHA-256 OF THE REPLY"], ...rows])}`;
}

export function exchangeText(one: Exchange, { withHeaders }: { readonly withHeaders: boolean }): string {
  const headers = (all: Exchange["request_headers"]): string => (withHeaders ? Object.entries(all).map(([name, value]) => `${name}: ${lineText(value)}\n`).join("") : "");
  const body = (text: string): string => (text === "" ? "" : `${withHeaders ? "\n" : ""}${plainText(text)}\n`);
  const answered = `→ ${one.status ?? lineText(one.failure ?? "no reply")} (${Math.round(one.took_ms)} ms)\n`;
  return `${one.method} ${lineText(one.url)}\n${headers(one.request_headers)}${body(one.request_body)}${answered}${headers(one.response_headers)}${body(one.response_body)}`;
}
