// Finding people. What names somebody whole comes first and is exact (exact-search.ts); then names, mail addresses and
// conditions on traits, each read from a column of its own in ClickHouse; at last words anywhere in a trait, which reads
// everybody's latest snapshot and so has a limit in time. Whoever is found is shown as Postgres knows them now.
import { z } from "zod";
import type { ProfileSort, profileListAnswer } from "@tributary/schema/api/profiles.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";
import { AppError } from "../core/errors.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorMs, decodeCursor, encodeCursor } from "./cursor.ts";
import { asEveryIdentifier, peopleByIdentifiers, peopleByReference } from "./exact-search.ts";
import { readPeople, type FoundProfile } from "./profile-store.ts";
import { deviceNamespacesOf, profileSummary } from "./profile-view.ts";
import { hasWords, isEmpty, meets, parseSearch, wordsOf, type SearchQuery } from "./search-query.ts";
import { conditionsOf, readSnapshots, type SnapshotPage } from "./snapshot-search.ts";
import type { PageWish } from "./timeline.ts";

/** Where a page goes on: which search, and behind whom. */
const stage = z.enum(["names", "words"]);
const place = z.union([z.tuple([stage]), z.tuple([stage, cursorMs, z.string()])]);
type Place = z.output<typeof place>;

export interface ListWish extends PageWish {
  readonly search: string | undefined;
  readonly sort?: ProfileSort;
  /** Only what names somebody whole: by parts and conditions, who sees people masked could guess a value letter by letter. */
  readonly isExact: boolean;
  /** Everybody or an error: it is not shown what was found when time ran out. */
  readonly isWhole?: boolean;
}

/** A page of people before it is shown. */
export interface PeoplePage {
  readonly people: readonly FoundProfile[];
  readonly nextCursor: string | null;
  readonly note: "cut" | "no_phone_country" | undefined;
}

export async function listProfiles(
  services: ApiServices, workspaceId: number, wish: ListWish, nowMs: number,
): Promise<z.input<typeof profileListAnswer>> {
  const settings = await services.settings.get(workspaceId, nowMs);
  const page = await findPeople(services, workspaceId, wish, settings);
  const devices = deviceNamespacesOf(settings);
  return {
    data: page.people.map((profile) => profileSummary(profile.id, profile.doc, devices)),
    next_cursor: page.nextCursor,
    ...(page.note === undefined ? {} : { note: page.note }),
  };
}

export async function findPeople(
  services: ApiServices, workspaceId: number, wish: ListWish, settings: WorkspaceSettings,
): Promise<PeoplePage> {
  const query = parseSearch(wish.search ?? "", settings);
  if (wish.isExact && query.traits.length > 0) {
    throw new AppError("forbidden", {
      detail: "Searching by traits needs the scope personal_data.", hint: "Search by a whole identifier, or by the number of an order or ticket.",
    });
  }
  if (query.identifiers.length > 0 || query.references.length > 0) return namedPeople(services, workspaceId, query, settings);
  const at: Place = decodeCursor(place, wish.cursor) ?? ["names"];
  const isFirst = wish.cursor === undefined;
  const exact = isFirst && query.text !== "" ? await exactPeople(services, workspaceId, query.text, settings) : [];
  if (wish.isExact && query.text !== "") return { people: exact, nextCursor: null, note: noteOn(exact, query.text, settings) };
  const found = await searchSnapshots(services, workspaceId, { query, at, sort: wish.sort ?? "changed", limit: wish.limit, isWhole: wish.isWhole ?? false });
  const people = new Map([...exact.filter((person) => meetsAll(person, query)), ...found.people].map((person) => [person.id, person]));
  const note = found.isCut ? "cut" : noteOn([...people.values()], query.text, settings);
  return { people: [...people.values()], nextCursor: found.next === undefined ? null : encodeCursor(found.next), note };
}

function noteOn(found: readonly FoundProfile[], text: string, settings: WorkspaceSettings): PeoplePage["note"] {
  return found.length === 0 && looksSpoken(text) && settings.phoneCountry === undefined ? "no_phone_country" : undefined;
}

/** Digits as one reads out a telephone number without its country. */
function looksSpoken(text: string): boolean {
  return /^[\d\s()./-]{6,20}$/.test(text) && (text.match(/\d/g)?.length ?? 0) >= 6;
}

/** The text may be an identifier of any kind, or a number of an order, receipt or ticket. */
async function exactPeople(services: ApiServices, workspaceId: number, text: string, settings: WorkspaceSettings): Promise<FoundProfile[]> {
  const identified = await peopleByIdentifiers(services, workspaceId, settings, asEveryIdentifier(text, settings));
  // Numbers of orders have digits; names, which are asked for far more often, cost no look-up.
  const byNumber = /\d/.test(text) ? await peopleByReference(services, workspaceId, { value: text }, settings.references) : [];
  return [...identified, ...byNumber];
}

/** With `email:…` or `order_id:…` nobody else can be meant: each must be theirs, and so must every other condition. */
async function namedPeople(services: ApiServices, workspaceId: number, query: SearchQuery, settings: WorkspaceSettings): Promise<PeoplePage> {
  const sets = await Promise.all([
    ...query.identifiers.map((one) => peopleByIdentifiers(services, workspaceId, settings, [one])),
    ...query.references.map((one) => peopleByReference(services, workspaceId, one, settings.references)),
  ]);
  const [first = [], ...others] = sets;
  const isInAll = (person: FoundProfile): boolean => others.every((set) => set.some(({ id }) => id === person.id));
  const people = new Map(first.filter((person) => isInAll(person) && meetsAll(person, query)).map((person) => [person.id, person]));
  const hasNoCountry = settings.phoneCountry === undefined && query.identifiers.some(({ value }) => looksSpoken(value));
  return { people: [...people.values()], nextCursor: null, note: people.size === 0 && hasNoCountry ? "no_phone_country" : undefined };
}

function meetsAll(person: FoundProfile, query: SearchQuery): boolean {
  return query.traits.every((condition) => meets(person.doc.traits, condition));
}

interface Found {
  readonly people: readonly FoundProfile[];
  readonly next: Place | undefined;
  readonly isCut: boolean;
}

interface SnapshotWish {
  readonly query: SearchQuery;
  readonly at: Place;
  readonly sort: ProfileSort;
  readonly limit: number;
  readonly isWhole: boolean;
}

/** Names first, which is quick; words anywhere when names have brought nobody, or with the next page. */
async function searchSnapshots(services: ApiServices, workspaceId: number, wish: SnapshotWish): Promise<Found> {
  const { query, at: [searched] } = wish;
  const words = wordsOf(query.text);
  const page = await readStage(services, workspaceId, wish);
  const people = (await peopleOf(services, workspaceId, page)).filter(
    (person) => isEmpty(query) || (meetsAll(person, query) && hasWords(person.doc.traits, person.doc.identifiers.map(({ value }) => value), words)),
  );
  if (page.next !== undefined) return { people, next: [searched, ...page.next], isCut: page.isCut };
  if (searched === "words" || words.length === 0) return { people, next: undefined, isCut: page.isCut };
  if (people.length > 0) return { people, next: ["words"], isCut: false };
  return searchSnapshots(services, workspaceId, { ...wish, at: ["words"] });
}

function readStage(services: ApiServices, workspaceId: number, wish: SnapshotWish): Promise<SnapshotPage> {
  const [searched, behind, id] = wish.at;
  const conditions = conditionsOf(wish.query.traits, wordsOf(wish.query.text), searched);
  const before = behind === undefined || id === undefined ? null : ([behind, id] as const);
  return readSnapshots(services, workspaceId, { conditions, before, sort: wish.sort, limit: wish.limit, isBounded: !isEmpty(wish.query) && !wish.isWhole });
}

function peopleOf(services: ApiServices, workspaceId: number, page: SnapshotPage): Promise<FoundProfile[]> {
  return services.deps.workspaceDb.run(workspaceId, (db) => readPeople(db, workspaceId, page.ids));
}
