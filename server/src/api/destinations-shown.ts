// Destinations, subscriptions and exchanges as the API shows them.
import type { ClientBase } from "pg";
import type {
  Destination as ShownDestination, DestinationDetail, Exchange as ShownExchange, Subscription as ShownSubscription, SubscriptionDetail, WrittenSubscription,
} from "@tributary/schema/api/destinations.ts";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { SubscriptionDefinition } from "@tributary/schema/destination/subscription.ts";
import {
  accountOf, actionOf, goneText, holdAudience, holdModel, readableSettings, readDestinations, readReferences, settingsProblems, shownSettings, subscriptionProblems,
  type Destination, type Exchange, type StoredDestination, type References, type StoredSubscription,
} from "../destinations/destinations.ts";
import { AppError } from "../core/errors.ts";
import { slowest } from "../delivery/delivery.ts";
import type { Seal } from "../core/sealed-text.ts";
import { MASK, maskKindOf, maskTree, namesOfActors } from "../governance/governance.ts";
import { fields, keep, listOf, only, within, type Mask } from "./answer-masks.ts";
import { iso } from "./iso.ts";

type Names = ReadonlyMap<string, string>;

export function shownDestination(one: StoredDestination, definition: DestinationDefinition | undefined, names: Names): ShownDestination {
  return {
    slug: one.slug, name: one.name, definition: one.definition, definition_name: definition?.name ?? null, enabled: one.enabled, status: one.status, version: one.version,
    is_authorized: one.tokensSealed !== null, has_test_people: one.testPeople !== null, per_second: one.perSecond, account: one.account,
    subscriptions: { total: one.subscriptions, enabled: one.subscriptionsEnabled }, created_at: one.createdAt.toISOString(), created_by: one.createdBy, updated_at: one.updatedAt.toISOString(),
    updated_by: one.updatedBy, updated_by_name: names.get(one.updatedBy) ?? null,
  };
}

interface Shown {
  readonly workspaceId: number;
  readonly seal: Seal;
  readonly kind: Destination | undefined;
}

export async function destinationDetailOf(db: ClientBase, { workspaceId, seal, kind }: Shown, one: StoredDestination): Promise<DestinationDetail> {
  const settings = readableSettings(seal, workspaceId, one);
  const problems = kind === undefined ? [{ field: "", problem: goneText(one) }] : settingsProblems(kind, settings);
  const shown = shownSettings(kind?.definition, settings);
  return {
    ...shownDestination(one, kind?.definition, await namesOfActors(db, workspaceId, [one.updatedBy])),
    settings: { ...shown.settings }, secrets: { ...shown.secrets }, problems: one.status === "archived" ? [] : problems, test_people: one.testPeople === null ? null : [...one.testPeople], features: { ...one.features },
    rate: await rateOf(db, { workspaceId, seal, kind }, one, settings),
  };
}

/** How fast its account is asked, and by whom besides. */
async function rateOf(db: ClientBase, { workspaceId, seal, kind }: Shown, one: StoredDestination, settings: Readonly<Record<string, unknown>>): Promise<DestinationDetail["rate"]> {
  if (one.status === "archived") return { per_second: one.perSecond, shared_with: [] };
  const like = (await readDestinations(db, workspaceId)).filter((other) => other.id !== one.id && other.status === "active" && other.account === one.account && (one.account !== null || other.definition === one.definition));
  const accountIn = (stored: StoredDestination, opened: Readonly<Record<string, unknown>>): string =>
    accountOf(kind?.definition, { workspaceId, destinationId: stored.id, named: stored.account, settings: opened, isAuthorized: stored.tokensSealed !== null });
  const own = accountIn(one, settings);
  const sharing = like.filter((other) => accountIn(other, readableSettings(seal, workspaceId, other)) === own);
  return {
    per_second: slowest([one, ...sharing].map(({ perSecond }) => perSecond)) ?? null, shared_with: sharing.map(({ slug, name, perSecond }) => ({ slug, name, per_second: perSecond })),
  };
}

/** Values of people who are tried with are people's. */
export const destinationMask: Mask = (value, masking) => {
  const masked = typeof value === "object" && value !== null && "test_people" in value && Array.isArray(value.test_people) ? { ...value, test_people: value.test_people.map((one) => maskedIdentifier(String(one))) } : value;
  return keep(masked, masking);
};

function maskedIdentifier(text: string): string {
  const colon = text.indexOf(":");
  const namespace = text.slice(0, colon);
  const kind = namespace === "email" || namespace === "phone" ? namespace : "id";
  return `${namespace}:${String(maskTree(text.slice(colon + 1), () => kind))}`;
}

// ── Subscriptions ─────────────────────────────────────────────────────────────────────────────────────────────────

export function shownSubscription(one: StoredSubscription, definition: DestinationDefinition | undefined, names: Names, references: References): ShownSubscription {
  const { trigger } = one.definition;
  return {
    id: one.id, name: one.name, action: one.definition.action, action_name: (definition && actionOf(definition, one.definition.action)?.name) ?? null, kind: trigger.kind,
    audience: trigger.kind === "audience" ? slugOf(references.audiences, trigger.audienceId) : null, model: trigger.kind === "model" ? slugOf(references.models, trigger.modelId) : null, enabled: one.enabled, status: one.status, version: one.version,
    created_at: one.createdAt.toISOString(), created_by: one.createdBy, updated_at: one.updatedAt.toISOString(), updated_by: one.updatedBy, updated_by_name: names.get(one.updatedBy) ?? null,
  };
}

/** Audiences and models are archived, never deleted, so that there is one. */
function slugOf(named: ReadonlyMap<number, { readonly slug: string }>, id: number): string {
  return named.get(id)?.slug ?? `missing-${id}`;
}

export async function subscriptionDetailOf(db: ClientBase, workspaceId: number, definition: DestinationDefinition | undefined, one: StoredSubscription): Promise<SubscriptionDetail> {
  const references = await readReferences(db, workspaceId, [one]);
  return {
    ...shownSubscription(one, definition, await namesOfActors(db, workspaceId, [one.updatedBy]), references),
    definition: writtenOf(one.definition, references), external_id: one.externalId,
    problems: one.status === "archived" ? [] : definition === undefined ? [{ field: "", problem: "The catalog has the destination no more." }] : subscriptionProblems(definition, one.definition),
  };
}

export function writtenOf({ trigger, ...rest }: SubscriptionDefinition, { audiences, models }: References): WrittenSubscription {
  if (trigger.kind === "events") return { ...rest, trigger };
  if (trigger.kind === "model") {
    const { modelId, ...how } = trigger;
    return { ...rest, trigger: { ...how, model: slugOf(models, modelId) } };
  }
  const { audienceId, ...how } = trigger;
  return { ...rest, trigger: { ...how, audience: slugOf(audiences, audienceId) } };
}

/** Within a transaction the audience or the model that it names stays. Throws `invalid_definition` where the workspace has none of that slug in use. */
export async function storedOf(db: ClientBase, workspaceId: number, { trigger, ...rest }: WrittenSubscription): Promise<SubscriptionDefinition> {
  if (trigger.kind === "events") return { ...rest, trigger };
  if (trigger.kind === "model") {
    const { model, ...how } = trigger;
    const held = await holdModel(db, workspaceId, model);
    if (held === undefined) throw new AppError("invalid_definition", { detail: `trigger.model: There is no model \`${model}\` in use.`, hint: "Look at the slugs of GET /models." });
    return { ...rest, trigger: { ...how, modelId: held.id } };
  }
  const { audience, ...how } = trigger;
  const found = await holdAudience(db, workspaceId, audience);
  if (found === undefined) throw new AppError("invalid_definition", { detail: `trigger.audience: There is no audience \`${audience}\` in use.`, hint: "Look at the slugs of GET /audiences." });
  return { ...rest, trigger: { ...how, audienceId: found.id } };
}

// ── Exchanges ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** What was cut out on the way is cut out once more: nobody's secret may leave by a reply that repeats it. */
export function shownExchange(one: Exchange, secrets: readonly string[]): ShownExchange {
  const cut = (text: string): string => withoutSecrets(text, secrets);
  const cutEach = (headers: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, cut(value)]));
  return {
    method: one.method, url: cut(one.url), request_headers: cutEach(one.requestHeaders), request_body: cut(one.requestBody), status: one.status ?? null, response_headers: cutEach(one.responseHeaders),
    response_body: cut(one.responseBody), failure: one.failure === undefined ? null : cut(one.failure), started_at: iso(one.startedAtMs), took_ms: one.tookMs,
  };
}

export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => spellings(secret).reduce((left, spelling) => left.replaceAll(spelling, MASK), rest), text);
}

function spellings(secret: string): string[] {
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString("base64")])];
}

/** What went out tells of people, and what came back may, in forms that nobody has declared: every value is hidden. */
const body: Mask = (value) => {
  if (typeof value !== "string" || value === "") return value;
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === "object" && parsed !== null) return JSON.stringify(maskTree(parsed, maskKindOf));
  } catch {
    // Not JSON: nothing in it is known.
  }
  return MASK;
};
const headers: Mask = (value, masking) => (typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, within(one, masking)])) : MASK);

export const exchangesMask = listOf(
  fields({ method: keep, url: only("url"), request_headers: headers, request_body: body, status: keep, response_headers: headers, response_body: body, failure: within, started_at: keep, took_ms: keep }),
);
