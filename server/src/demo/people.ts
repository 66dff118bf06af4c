// Who the people of the shop are: each made from the seed and an index alone. People come in the order of their indices;
// those from `people` on come after the history's end, at the pace of its last months.
import { Dice, diceFor, seedWithin, type Seed } from "./dice.ts";
import { appPhones, computers, phones, tablet, type AppPhone, type Browser } from "./devices.ts";
import { phoneNumber } from "./phone-numbers.ts";
import { cast, type Role } from "./cast.ts";
import { familyNames, firm, givenNames, places } from "./words.ts";

/** What the whole shop is made from. */
export interface ShopPlan {
  readonly seed: Seed;
  /** Begins every messageId. */
  readonly prefix: string;
  readonly people: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** The first whole day, by London's calendar, and how many follow until the history ends. */
  readonly firstDay: number;
  readonly days: number;
  /** How much of what comes in is spoilt: 1 is as it is in life, 0 nothing. */
  readonly dirt: number;
  /** A time of the shop as it stands in events. */
  readonly timeText: (ms: number) => string;
}

/**
 * visitor: never says who they are. newsletter: an address, no account. guest: buys with an address, no account.
 * member, business: an account. store: a loyalty card, rarely seen on the web. bot and staff: what should not count.
 */
export type PersonKind = "visitor" | "newsletter" | "guest" | "member" | "business" | "store" | "bot" | "staff";
const kinds = ["visitor", "newsletter", "guest", "member", "business", "store", "bot", "staff"] as const;
const kindWeights = [40, 10, 13, 25, 4, 6, 1, 1];

export interface WebDevice {
  /** Within the person, as in `web0`; `tablet` for the one that a household shares. */
  readonly name: string;
  readonly browser: Browser;
  /** Whose device it is: for a shared tablet the one who set it up, for all others the person. */
  readonly owner: number;
}

/** People who share a tablet. The first of them sets it up and is who has it. */
export interface Household {
  readonly parent: number;
  readonly size: number;
  /** The day on which the parent signs in on it. */
  readonly setUpDay: number;
}

export interface Person {
  readonly index: number;
  readonly seed: Seed;
  readonly kind: PersonKind;
  readonly role: Role | undefined;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  /** '' for people without an account. */
  readonly userId: string;
  /** E.164; '' when they have none. */
  readonly phone: string;
  /** The number of a loyalty card; ''. */
  readonly card: string;
  readonly city: string;
  readonly postcode: string;
  readonly birthday: string;
  readonly ip: string;
  readonly devices: readonly WebDevice[];
  readonly app: AppPhone | undefined;
  readonly household: Household | undefined;
  /** Number of the business that they buy for. */
  readonly account: number | undefined;
  readonly arrivalDay: number;
  /** The visit on which the shop learns who they are. */
  readonly knownAt: number;
  readonly visitsMax: number;
  readonly meanGapDays: number;
  /** 0 to 3: how much and how often they buy. Few spend most. */
  readonly spending: number;
  readonly takesMailings: boolean;
  readonly refusesAdvertising: boolean;
  readonly refusesAnalytics: boolean;
}

/** The day on which somebody is first seen: a quarter of the people in the first twentieth of the history, then evenly. */
export function arrivalDay(plan: ShopPlan, index: number): number {
  const share = index / plan.people;
  const at = share < 0.25 ? share * 0.2 : 0.05 + (share - 0.25) * (0.95 / 0.75);
  return plan.firstDay + Math.floor(at * plan.days);
}

const BLOCK = 25;
const HOUSEHOLD_FROM = 21;

/** In every second block of people, up to four in a row live together. */
function householdOf(plan: ShopPlan, index: number): Household | undefined {
  const role = cast[index];
  if (role?.household !== undefined) return { ...role.household, setUpDay: arrivalDay(plan, role.household.parent) + 2 };
  const place = index % BLOCK;
  if (place < HOUSEHOLD_FROM || role !== undefined) return undefined;
  const parent = index - place + HOUSEHOLD_FROM;
  const dice = diceFor(plan.seed, "household", parent);
  const size = dice.chance(0.5) ? dice.between(2, 4) : 0;
  return index - parent < size ? { parent, size, setUpDay: arrivalDay(plan, parent) + 2 } : undefined;
}

export function personAt(plan: ShopPlan, index: number): Person {
  const seed = seedWithin(plan.seed, "person", index);
  const dice = new Dice(seed);
  const role = cast[index];
  const household = householdOf(plan, index);
  const drawn = kinds[dice.weighted(kindWeights)] ?? "visitor";
  const kind = role?.kind ?? (household ? "member" : drawn);
  const hasAccount = kind === "member" || kind === "business" || kind === "staff";
  const [firstName, firstAscii] = role?.firstName ?? dice.pick(givenNames);
  const [lastName, lastAscii] = role?.lastName ?? dice.pick(familyNames);
  const [city, area] = dice.pick(places);
  const account = kind === "business" ? Math.floor(index / 100) : undefined;
  const domain = account !== undefined ? firm(account).domain : kind === "staff" ? "staff.example.com" : "example.com";
  const hasCard = dice.chance(0.35);
  return {
    index, seed, kind, role, firstName, lastName, city, household, account,
    email: role?.email ?? `${firstAscii}.${lastAscii}.${index}@${domain}`,
    userId: hasAccount ? `cust-${10_000 + index}` : "",
    phone: (kind === "member" && (dice.chance(0.8) || role !== undefined) ? phoneNumber(household?.parent ?? index) : undefined) ?? "",
    card: kind === "store" || (kind === "member" && hasCard && role === undefined) ? `LC-${700_000 + index}` : "",
    postcode: `${area}${dice.between(1, 20)} ${dice.below(10)}${"ABDEFGHJ".charAt(dice.below(8))}${"LNPQRSTU".charAt(dice.below(8))}`,
    birthday: `${dice.between(1948, 2007)}-${String(dice.between(1, 12)).padStart(2, "0")}-${String(dice.between(1, 28)).padStart(2, "0")}`,
    // Addresses kept for documentation (RFC 5737): the shop's own office has 192.0.2.0/24.
    ip: kind === "staff" ? `192.0.2.${1 + dice.below(250)}` : `${dice.pick(["198.51.100", "203.0.113"])}.${1 + dice.below(250)}`,
    arrivalDay: arrivalDay(plan, index),
    ...habits(kind, dice, role, household),
  };
}

type Habits = Pick<
  Person,
  "devices" | "app" | "knownAt" | "visitsMax" | "meanGapDays" | "spending" | "takesMailings" | "refusesAdvertising" | "refusesAnalytics"
>;

function habits(kind: PersonKind, dice: Dice, role: Role | undefined, household: Household | undefined): Habits {
  const isRegular = kind === "member" || kind === "business";
  const ownPhone = dice.pick(phones);
  const devices: WebDevice[] = dice.chance(0.6) ? [web(0, dice.pick(computers))] : [web(0, ownPhone)];
  if (isRegular && dice.chance(0.6)) devices.push(web(1, devices[0]?.browser === ownPhone ? dice.pick(computers) : ownPhone));
  if (household) devices.push({ name: "tablet", browser: tablet, owner: household.parent });
  const app = dice.pick(appPhones);
  const hasApp = isRegular && (household !== undefined || dice.chance(0.45));
  const staysFor = 1 + Math.floor(dice.wait() * 1.6);
  const isFaithful = role !== undefined || dice.chance(0.6);
  const consent = dice.share();
  return {
    devices: role?.hasOneDevice ? [web(0, computers[0] ?? ownPhone)] : devices,
    app: hasApp && !role?.hasOneDevice ? app : undefined,
    // A household's and the cast's people sign up at once: their stories need it.
    knownAt: household || role ? 0 : Math.floor(dice.wait() * (kind === "newsletter" ? 1 : 1.6)),
    visitsMax: kind === "visitor" ? staysFor : isFaithful || kind === "bot" || kind === "staff" ? Number.MAX_SAFE_INTEGER : 3 + staysFor * 2,
    meanGapDays: kind === "bot" ? 4 : kind === "staff" ? 3 : isRegular ? 6 + dice.below(14) : 12 + dice.below(30),
    spending: dice.weighted([55, 28, 13, 4]),
    takesMailings: role === undefined && dice.chance(0.65),
    refusesAdvertising: consent < 0.35,
    refusesAnalytics: consent < 0.12,
  };

  function web(number: number, browser: Browser): WebDevice {
    return { name: `web${number}`, browser, owner: -1 };
  }
}

/** What an anonymous id is known by in the truth; a new generation begins where cookies were deleted. */
export function deviceKey(person: Person, device: WebDevice, generation: number): string {
  return `${device.owner < 0 ? person.index : device.owner}.${device.name}${generation > 0 ? `.${generation}` : ""}`;
}

export function anonymousId(plan: ShopPlan, key: string): string {
  return diceFor(plan.seed, "anonymous", key).uuid();
}
