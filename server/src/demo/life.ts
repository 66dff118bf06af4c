// When what happens in somebody's life begins: visits with all that follows them, mailings, the monthly box, the till. A
// life is told from its first day, always in the same way, whatever part of it is asked for; telling is cheap, and only
// what begins within the window is written later.
import { afterOrder, refundsAfter } from "./after-order.ts";
import { writeAppVisit } from "./app-visit.ts";
import { writeCrawl } from "./crawler.ts";
import type { AppPhone } from "./devices.ts";
import { diceFor, type Dice } from "./dice.ts";
import type { EpisodeWriter, PlannedEpisode } from "./episode.ts";
import {
  BOX_DAYS, boxFate, deliveredMs, mailingBefore, mailingFate, mailingMs, openedMs, writeBox, writeBoxStart, writeMailing, writeOpening,
} from "./mailings.ts";
import { orderOf } from "./orders.ts";
import type { Person, ShopPlan, WebDevice } from "./people.ts";
import { scenesOf } from "./scenes.ts";
import { DAY, nextVisitDay, timeOfVisit, timeOn } from "./shop-time.ts";
import { writeStoreVisit } from "./store.ts";
import { writeWebVisit, type WebVisit } from "./visit.ts";

/** What begins in [fromMs, untilMs), and when the next thing after it begins. */
export class LifeWindow {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly episodes: PlannedEpisode[] = [];
  /** Infinity when nothing more happens. */
  nextMs = Number.POSITIVE_INFINITY;

  constructor(fromMs: number, untilMs: number) {
    this.fromMs = fromMs;
    this.untilMs = untilMs;
  }

  /** False once the beginning lies behind the window, so that a row of episodes need not be told further. */
  offer(id: string, startMs: number, write: (writer: EpisodeWriter) => void): boolean {
    if (startMs >= this.untilMs) {
      this.nextMs = Math.min(this.nextMs, startMs);
      return false;
    }
    if (startMs >= this.fromMs) this.episodes.push({ id, startMs, write });
    return true;
  }

  offerAll(all: readonly PlannedEpisode[]): void {
    for (const { id, startMs, write } of all) this.offer(id, startMs, write);
  }
}

/** Nothing that an order leads to begins later than this after it. */
const AFTER_ORDER_MAX = 30 * DAY;

export function tellLife(plan: ShopPlan, person: Person, window: LifeWindow): void {
  if (person.kind === "bot") return tellCrawls(person, window);
  const knownMs = tellVisits(plan, person, window);
  if (person.card !== "") tellStoreVisits(person, knownMs, window);
  if (person.role) window.offerAll(scenesOf(plan, person));
  const { household } = person;
  if (household?.parent === person.index) {
    window.offer("h", timeOn(household.setUpDay, 19 * 60), (writer) => writeWebVisit(writer, tabletSetUp(person)));
  }
  if (knownMs === undefined || person.kind === "staff") return;
  if (person.takesMailings || person.kind === "newsletter") tellMailings(plan, person, knownMs, window);
  if (person.kind === "member") tellBox(person, knownMs, window);
}

function tabletSetUp(person: Person): WebVisit {
  return {
    device: person.devices.at(-1)!, // Everybody of a household has its tablet last.
    generation: 0, isFirst: true, signs: "in", signsOut: true, basket: "none", orderNumber: 0, mailing: undefined, withdrawal: "none",
  };
}

function tellCrawls(person: Person, window: LifeWindow): void {
  let day = person.arrivalDay;
  for (let n = 0; ; n++) {
    const dice = diceFor(person.seed, "crawl", n);
    if (!window.offer(`b${n}`, timeOfVisit(day, dice, "web"), (writer) => writeCrawl(writer, n))) return;
    day = nextVisitDay(day, person.meanGapDays, dice);
  }
}

/** What earlier visits leave behind. */
interface Habit {
  knownMs: number | undefined;
  orders: number;
  hasApp: boolean;
  readonly devices: { generation: number; isKnown: boolean; isSignedIn: boolean }[];
}

/** Gives the time at which the shop learnt who it is; undefined when that is not before the window's end. */
function tellVisits(plan: ShopPlan, person: Person, window: LifeWindow): number | undefined {
  const habit: Habit = { knownMs: undefined, orders: 0, hasApp: false,
    devices: person.devices.map(() => ({ generation: 0, isKnown: false, isSignedIn: false })) };
  const withdrawal = diceFor(person.seed, "withdrawal");
  const withdrawsAt = withdrawal.chance(0.06) ? 2 + withdrawal.below(6) : Number.POSITIVE_INFINITY;
  let day = person.arrivalDay;
  for (let n = 0; n < person.visitsMax; n++) {
    const dice = diceFor(person.seed, "visit", n);
    const startMs = timeOfVisit(day, dice, "web");
    if (startMs >= window.untilMs) {
      window.nextMs = Math.min(window.nextMs, startMs);
      break;
    }
    const number = habit.orders;
    if (person.app !== undefined && n > person.knownAt && dice.chance(0.5)) {
      tellAppVisit(person, { n, startMs, dice, habit, app: person.app }, window);
    } else {
      const isWithdrawn = n < withdrawsAt ? "none" : n === withdrawsAt ? "now" : "before";
      const visit = webVisit(plan, person, { n, day, startMs, dice, habit }, isWithdrawn);
      window.offer(`v${n}`, startMs, (writer) => writeWebVisit(writer, visit));
    }
    if (habit.orders > number && startMs + AFTER_ORDER_MAX >= window.fromMs) {
      window.offerAll(afterOrder(orderOf(person, "web", number), startMs, String(number)));
    }
    day = nextVisitDay(day, person.meanGapDays, dice);
  }
  return habit.knownMs;
}

interface Occasion {
  readonly n: number;
  readonly startMs: number;
  readonly dice: Dice;
  readonly habit: Habit;
}

const buyingShares = [0.1, 0.18, 0.28, 0.4];

function tellAppVisit(person: Person, occasion: Occasion & { readonly app: AppPhone }, window: LifeWindow): void {
  const { n, startMs, dice, habit, app } = occasion;
  const buys = person.kind !== "staff" && dice.chance(buyingShares[person.spending] ?? 0);
  const isPushed = habit.hasApp && dice.chance(0.15);
  const visit = { app, isFirst: !habit.hasApp, orderNumber: buys ? habit.orders++ : undefined, isPushed };
  habit.hasApp = true;
  window.offer(`a${n}`, startMs, (writer) => writeAppVisit(writer, visit));
}

function webVisit(plan: ShopPlan, person: Person, occasion: Occasion & { day: number }, withdrawal: WebVisit["withdrawal"]): WebVisit {
  const { n, startMs, dice, habit } = occasion;
  const index = deviceOf(person, occasion);
  const device = person.devices[index]!; // deviceOf gives one of them.
  const state = habit.devices[index]!; // As many as devices.
  if (!state.isSignedIn && person.role === undefined && device.owner < 0 && dice.chance(0.07)) {
    Object.assign(state, { generation: state.generation + 1, isKnown: false });
  }
  const basket = basketOf(person, n, dice);
  const signs = signing(person, occasion, device, { state, buys: basket === "ordered" });
  const signsOut = (signs === "in" || signs === "already") && (device.owner >= 0 || dice.chance(0.08));
  if (person.userId !== "") state.isSignedIn = signs !== "no" && !signsOut;
  const visit: WebVisit = {
    device, generation: state.generation, isFirst: !state.isKnown, signs, signsOut, basket, withdrawal,
    orderNumber: basket === "ordered" ? habit.orders++ : 0, mailing: mailingClicked(plan, person, occasion),
  };
  state.isKnown = true;
  if (signs !== "no") habit.knownMs ??= startMs;
  return visit;
}

function deviceOf(person: Person, { n, day, dice }: Occasion & { day: number }): number {
  const { household, devices } = person;
  const [isTablet, isOther] = [dice.chance(0.3), dice.chance(0.35)];
  if (n <= person.knownAt) return 0;
  if (household !== undefined && day > household.setUpDay + 1 && isTablet) return devices.length - 1;
  return isOther && devices[1] !== undefined && devices[1].owner < 0 ? 1 : 0;
}

function basketOf(person: Person, n: number, dice: Dice): WebVisit["basket"] {
  const share = dice.share();
  if (person.kind === "staff") return "none";
  const isBuyer = person.kind === "guest" || person.kind === "member" || person.kind === "business";
  if (person.kind === "guest" && n === person.knownAt) return "ordered";
  const buying = (buyingShares[person.spending] ?? 0) + (person.kind === "guest" ? 0.1 : 0);
  if (isBuyer && n >= person.knownAt && share < buying) return "ordered";
  return share > 0.72 ? "left" : "none";
}

function signing(
  person: Person, { n, dice }: Occasion, device: WebDevice, now: { state: { isSignedIn: boolean }; buys: boolean },
): WebVisit["signs"] {
  const [stays, signsIn] = [dice.chance(0.85), dice.chance(0.5)];
  if (n < person.knownAt) return "no";
  switch (person.kind) {
    case "newsletter":
      return n === person.knownAt ? "newsletter" : "no";
    case "guest":
      return now.buys ? "as guest" : "no";
    case "member": case "business": case "staff":
      if (n === person.knownAt) return "up";
      if (now.state.isSignedIn && stays && device.owner < 0) return "already";
      return now.buys || signsIn ? "in" : "no";
    default:
      return "no";
  }
}

/** The mailing that a visit comes from, if it comes from one that the person got and did not leave before. */
function mailingClicked(plan: ShopPlan, person: Person, { startMs, dice, habit }: Occasion): number | undefined {
  const isAsked = dice.chance(0.12);
  const isReader = (person.takesMailings && person.kind !== "staff") || person.kind === "newsletter";
  if (!isAsked || !isReader || habit.knownMs === undefined) return undefined;
  const latest = mailingBefore(plan, startMs - DAY);
  for (let n = mailingBefore(plan, habit.knownMs) + 1; n <= latest; n++) {
    const fate = mailingFate(person, n);
    if (fate === "bounced" || fate === "unsubscribed") return undefined;
  }
  return latest >= 0 && mailingMs(plan, latest) > habit.knownMs ? latest : undefined;
}

function tellMailings(plan: ShopPlan, person: Person, knownMs: number, window: LifeWindow): void {
  for (let n = mailingBefore(plan, knownMs) + 1; ; n++) {
    const startMs = deliveredMs(plan, person, n);
    if (startMs <= knownMs) continue;
    if (!window.offer(`n${n}`, startMs, (writer) => writeMailing(writer, n))) return;
    const fate = mailingFate(person, n);
    const isRead = fate === "opened" || fate === "unsubscribed";
    if (isRead) window.offer(`n${n}o`, openedMs(plan, person, n), (writer) => writeOpening(writer, n));
    if (fate === "unsubscribed" || fate === "bounced") return;
  }
}

function tellBox(person: Person, knownMs: number, window: LifeWindow): void {
  const dice = diceFor(person.seed, "box");
  if (!dice.chance(0.12)) return;
  const startedMs = knownMs + dice.between(1, 40) * DAY;
  window.offer("x", startedMs, writeBoxStart);
  for (let n = 1; ; n++) {
    const isTold = window.offer(`x${n}`, startedMs + n * BOX_DAYS * DAY, (writer) => writeBox(writer, n));
    if (!isTold || boxFate(person, n) === "cancelled") return;
  }
}

function tellStoreVisits(person: Person, knownMs: number | undefined, window: LifeWindow): void {
  let day = person.arrivalDay + 1 + (person.index % 7);
  let isLinked = false;
  for (let n = 0; ; n++) {
    const dice = diceFor(person.seed, "till", n);
    const startMs = timeOfVisit(day, dice, "store");
    const hasMailedReceipt = dice.chance(0.35);
    const linksCard: boolean = dice.chance(0.5) && !isLinked && person.userId !== "" && knownMs !== undefined && knownMs < startMs;
    isLinked ||= linksCard;
    if (!window.offer(`s${n}`, startMs, (writer) => writeStoreVisit(writer, { orderNumber: n, hasMailedReceipt, linksCard }))) return;
    if (hasMailedReceipt && startMs + AFTER_ORDER_MAX >= window.fromMs) {
      window.offerAll(refundsAfter(orderOf(person, "store", n), startMs, `s${n}`));
    }
    day = nextVisitDay(day, person.kind === "store" ? 14 : 26, dice);
  }
}
