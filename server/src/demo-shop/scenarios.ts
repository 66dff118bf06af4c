// The three guided scenarios of a demo shop, and whether each has come to its end: read from what the system knows (who an
// identifier leads to, the merge log, events), never from what a page says it did.
import type { Pool } from "pg";
import type { Scenario, ScenarioId } from "@tributary/schema/api/demo-shop.ts";
import { createShop, storiesOf, type Stories, type StoryIdentifier, type StoryPerson } from "../demo/demo.ts";
import { identifierKey } from "../identity/identity.ts";
import type { StoredShop } from "./shop-store.ts";

/** Whether a promise to one of these people was recorded. */
export type PromiseFor = (workspaceId: number, profileIds: readonly string[]) => Promise<boolean>;

export interface ScenarioDeps {
  readonly pool: Pool;
  /** The installation's, with which identifiers are keyed. */
  readonly secret: string;
  readonly promiseFor: PromiseFor;
}

export async function readScenarios(deps: ScenarioDeps, shop: StoredShop): Promise<Scenario[]> {
  const stories = storiesOfShop(shop);
  const ids = await resolve(deps, shop.workspaceId, everybody(stories));
  const person = (of: StoryPerson): Scenario["people"][number] => {
    const [first] = of.identifiers;
    return { name: of.name, ref: first ? refOf(first) : "", profile_id: first ? ids.get(refOf(first)) ?? null : null };
  };
  return [await lateOrder(deps, shop, stories, person), await familyTablet(deps, shop, stories, person), await wrongMerge(deps, shop, { stories, ids, person })];
}

/** Whether this person is the right answer; kept when it is. */
export async function answerScenario(
  deps: ScenarioDeps, shop: StoredShop, { scenario, profileId, actor }: { readonly scenario: ScenarioId; readonly profileId: string; readonly actor: string },
): Promise<boolean> {
  const { tablet } = storiesOfShop(shop).familyTablet;
  const owner = (await resolve(deps, shop.workspaceId, [tablet])).get(refOf(tablet));
  if (scenario !== "family_tablet" || owner === undefined || owner !== profileId) return false;
  await deps.pool.query(
    `insert into demo_answer (workspace_id, scenario, answer, actor) values ($1, $2, $3, $4)
     on conflict (workspace_id, scenario) do update set answer = excluded.answer, actor = excluded.actor, at = now()`,
    [shop.workspaceId, scenario, profileId, actor],
  );
  return true;
}

type Person = (of: StoryPerson) => Scenario["people"][number];

async function lateOrder({ promiseFor }: ScenarioDeps, shop: StoredShop, { lateOrder: story }: Stories, person: Person): Promise<Scenario> {
  const caller = person(story.caller);
  const phone = story.caller.identifiers.find(({ namespace }) => namespace === "phone")?.value ?? "";
  const ids = caller.profile_id === null ? [] : [caller.profile_id];
  return {
    id: "late_order", ready: caller.profile_id !== null, done: await promiseFor(shop.workspaceId, ids), people: [caller],
    facts: {
      order: story.orderId, phone, phone_spoken: spoken(phone), ticket: story.ticketId,
      store: story.store, ordered_at: iso(story.orderedMs), promised_at: iso(story.promisedMs), called_at: iso(story.calledMs),
    },
  };
}

async function familyTablet({ pool }: ScenarioDeps, shop: StoredShop, { familyTablet: story }: Stories, person: Person): Promise<Scenario> {
  const people = story.people.map(person);
  const { rows } = await pool.query("select from demo_answer where workspace_id = $1 and scenario = 'family_tablet'", [shop.workspaceId]);
  return {
    id: "family_tablet", ready: people.every(({ profile_id: id }) => id !== null), done: rows.length > 0, people,
    facts: { tablet: story.tablet.value, tablet_ref: refOf(story.tablet) },
  };
}

interface MergeParts {
  readonly stories: Stories;
  readonly ids: ReadonlyMap<string, string>;
  readonly person: Person;
}

/** Done when somebody took them apart, and each name of either leads to their own person. */
async function wrongMerge({ pool }: ScenarioDeps, shop: StoredShop, { stories, ids, person }: MergeParts): Promise<Scenario> {
  const { lender, borrower, atMs } = stories.wrongMerge;
  const idsOf = (of: StoryPerson): ReadonlySet<string | undefined> => new Set(of.identifiers.filter(isPersonal).map((one) => ids.get(refOf(one))));
  const [of, other] = [idsOf(lender), idsOf(borrower)];
  const areApart = of.size === 1 && other.size === 1 && ![...of].some((id) => id === undefined || other.has(id));
  const { rows } = await pool.query(
    "select from merge_log where workspace_id = $1 and kind = 'unmerge' and (survivor = any($2::uuid[]) or other = any($2::uuid[])) limit 1",
    [shop.workspaceId, [...of, ...other].filter((id) => id !== undefined)],
  );
  return {
    id: "wrong_merge", ready: [...of, ...other].every((id) => id !== undefined), done: areApart && rows.length > 0, people: [person(lender), person(borrower)],
    facts: { merged_at: iso(atMs), lender: refOf(named(lender)), borrower: refOf(named(borrower)) },
  };
}

/** What a person is called by, and no browser. */
function isPersonal({ namespace }: StoryIdentifier): boolean {
  return namespace === "email" || namespace === "user_id";
}

function named(person: StoryPerson): StoryIdentifier {
  return person.identifiers.find(({ namespace }) => namespace === "email") ?? { namespace: "email", value: "" };
}

/** The people are the same in every shop: to tell who they are costs nothing. */
function storiesOfShop({ seed, people, fromMs, untilMs }: StoredShop): Stories {
  return storiesOf(createShop({ seed, people, fromMs, untilMs }).plan);
}

function everybody({ lateOrder: { caller }, familyTablet: { people, tablet }, wrongMerge: { lender, borrower } }: Stories): StoryIdentifier[] {
  return [...[caller, ...people, lender, borrower].flatMap(({ identifiers }) => identifiers), tablet];
}

/** `namespace:value` → the person it leads to now; left out: nobody, or several. */
async function resolve({ pool, secret }: ScenarioDeps, workspaceId: number, identifiers: readonly StoryIdentifier[]): Promise<ReadonlyMap<string, string>> {
  const keys = new Map(identifiers.map((one) => [identifierKey(secret, workspaceId, one.namespace, one.value), refOf(one)]));
  const { rows } = await pool.query<{ key: string; id: string }>(
    `select i.key, p.id from identifier i join profile p on p.id = i.profile_id
     where i.key = any($1::uuid[]) and i.workspace_id = $2 and p.merged_into is null`, [[...keys.keys()], workspaceId],
  );
  return new Map(rows.map(({ key, id }) => [keys.get(key) ?? "", id]));
}

/** As it is said in London, and elsewhere in the country. */
function spoken(e164: string): string {
  return e164.replace(/^\+4420(\d{4})(\d{4})$/, "020 $1 $2").replace(/^\+44(\d{3})(\d{3})(\d{4})$/, "0$1 $2 $3");
}

function refOf({ namespace, value }: StoryIdentifier): string {
  return `${namespace}:${value}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
