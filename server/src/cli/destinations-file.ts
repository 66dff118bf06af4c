// Destinations as a file that people write, review and keep beside their code:
//
//   destinations:
//     our-shop:
//       name: Our shop
//       definition: webhook
//       settings: { url: https://example.com/hook, secret: { env: OUR_SHOP_SECRET } }
//       subscriptions:
//         Orders: { action: send, trigger: { kind: events, names: [Order Completed] }, mapping: { … } }
//
// Secrets never stand in it: it names the variable of the environment that holds one. Where that is not set, a destination that is there
// keeps the secret that it has.
import { destinationCreate, destinationSlug, writtenSubscription, type DestinationDetail, type SubscriptionDetail } from "@tributary/schema/api/destinations.ts";
import { parseDocument, stringify } from "yaml";
import { z } from "zod";
import { CliError } from "./cli-error.ts";

/** Anchors may stand for each other, to this many in all: a few lines must not become a billion. */
const ALIASES_MAX = 100;
const OPTIONS = { lineWidth: 140, aliasDuplicateObjects: false } as const;

const { shape } = destinationCreate;
const writtenDestination = z.strictObject({
  name: shape.name, definition: shape.definition, enabled: z.boolean().default(false), settings: shape.settings, per_second: shape.per_second, account: shape.account, test_people: shape.test_people, features: shape.features,
  subscriptions: z.record(z.string().trim().min(1).max(200), z.looseObject({ enabled: z.boolean().default(false) })).default({}),
});
const writtenFile = z.strictObject({ destinations: z.record(destinationSlug, writtenDestination) });
const fromEnvironment = z.strictObject({ env: z.string().min(1) });

export interface FileSubscription {
  readonly name: string;
  readonly enabled: boolean;
  readonly definition: z.output<typeof writtenSubscription>;
}

export interface FileDestination extends Omit<z.output<typeof writtenDestination>, "subscriptions" | "settings"> {
  readonly slug: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Variables that are not set. */
  readonly unset: readonly string[];
  readonly subscriptions: readonly FileSubscription[];
}

export function readDestinationsFile(text: string, environment: Readonly<Record<string, string | undefined>>): FileDestination[] {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) throw new CliError(`This is not YAML: ${error.message.split("\n")[0] ?? ""}`, { hint: "Correct the file at that place." });
  const { destinations } = read(writtenFile, document.toJS({ maxAliasCount: ALIASES_MAX }), "");
  return Object.entries(destinations).map(([slug, { subscriptions, settings: given, ...one }]) => {
    const { settings, unset } = filled(given, environment);
    return {
      slug, ...one, settings, unset,
      subscriptions: Object.entries(subscriptions).map(([name, { enabled, ...definition }]) => ({ name, enabled, definition: read(writtenSubscription, definition, `${slug}.subscriptions.${name}`) })),
    };
  });
}

function read<T extends z.ZodType>(shapeOf: T, value: unknown, place: string): z.output<T> {
  const parsed = shapeOf.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [place, ...(issue?.path ?? []).map(String)].filter((part) => part !== "").join(".");
  throw new CliError(`The file is not as it should be${path === "" ? "" : ` at ${path}`}: ${issue?.message ?? ""}`, { hint: "Compare it with what `tributary destinations export` writes." });
}

/** A setting that is a secret in parts, such as headers, names a variable of JSON. */
function filled(settings: Readonly<Record<string, unknown>>, environment: Readonly<Record<string, string | undefined>>): { readonly settings: Readonly<Record<string, unknown>>; readonly unset: readonly string[] } {
  const unset: string[] = [];
  const entries = Object.entries(settings).flatMap(([name, value]): [string, unknown][] => {
    const named = fromEnvironment.safeParse(value);
    if (!named.success) return [[name, value]];
    const found = environment[named.data.env];
    if (found === undefined) unset.push(named.data.env);
    return found === undefined ? [] : [[name, objectIn(found) ?? found]];
  });
  return { settings: Object.fromEntries(entries), unset };
}

function objectIn(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** In the order of their slugs, so that a file changes no more than its destinations. */
export function destinationsYaml(all: readonly { readonly one: DestinationDetail; readonly subscriptions: readonly SubscriptionDetail[] }[]): string {
  const entries = all.toSorted((a, b) => (a.one.slug < b.one.slug ? -1 : 1)).map(({ one, subscriptions }) => [one.slug, {
    name: one.name, definition: one.definition, enabled: one.enabled,
    settings: { ...one.settings, ...Object.fromEntries(Object.keys(one.secrets).map((name) => [name, { env: variableOf(one.slug, name) }])) },
    ...(one.per_second === null ? {} : { per_second: one.per_second }), ...(one.account === null ? {} : { account: one.account }), ...(one.test_people === null ? {} : { test_people: one.test_people }), ...(Object.keys(one.features).length === 0 ? {} : { features: one.features }),
    subscriptions: Object.fromEntries(subscriptions.map(({ name, enabled, definition }) => [name, { enabled, ...definition }])),
  }] as const);
  return stringify({ destinations: Object.fromEntries(entries) }, OPTIONS);
}

function variableOf(slug: string, name: string): string {
  return `${slug}_${name.replace(/([a-z0-9])([A-Z])/g, "$1_$2")}`.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
}
