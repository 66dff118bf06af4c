// The three guided stories: what happens to the people of the cast besides their ordinary lives, timed back from the end of
// the history, so that each is in the middle of its story when the shop opens live.
import { tell } from "./after-order.ts";
import { BORROWER, CALLER, LENDER } from "./cast.ts";
import type { EpisodeWriter, PlannedEpisode } from "./episode.ts";
import { orderOf, type Order } from "./orders.ts";
import type { Person, ShopPlan } from "./people.ts";
import { DAY, HOUR, MINUTE, timeOn } from "./shop-time.ts";
import { computers } from "./devices.ts";
import { spokenPhoneNumber } from "./phone-numbers.ts";
import { promisedMs, writeWebVisit, type WebVisit } from "./visit.ts";

/** Beyond all that a person orders otherwise. */
const LATE_ORDER = 900;

export function lateOrder(person: Person): Order {
  return orderOf(person, "web", LATE_ORDER, true);
}

export const lateOrderTicket = (person: Person): string => `T-${lateOrder(person).id}`;

/** When the late order was placed; it was promised for a day later. */
export function lateOrderMs(plan: ShopPlan): number {
  return plan.untilMs - 50 * HOUR;
}

export function mistakeMs(plan: ShopPlan): number {
  return plan.untilMs - 4 * DAY;
}

const quiet = { generation: 0, isFirst: false, signsOut: true, orderNumber: 0, mailing: undefined, withdrawal: "none" } as const;

export function scenesOf(plan: ShopPlan, person: Person): PlannedEpisode[] {
  if (person.index === CALLER) return callerScenes(plan, person);
  if (person.index === BORROWER) return [{ id: "z0", startMs: mistakeMs(plan), write: (writer) => writeWebVisit(writer, mistakenVisit) }];
  return person.household ? familyScenes(person, person.household.setUpDay) : [];
}

/** The order is placed, promised, late, and asked for by phone; after the history's end it is found. */
function callerScenes(plan: ShopPlan, person: Person): PlannedEpisode[] {
  const order = lateOrder(person);
  const promised = promisedMs(lateOrderMs(plan));
  const about = (writer: EpisodeWriter): Record<string, unknown> =>
    ({ order_id: order.id, store: order.store, ready_by: writer.timeText(promised) });
  const ticket = { ticket_id: lateOrderTicket(person), order_id: order.id, subject: "Where is my order?", channel: "phone",
    caller: spokenPhoneNumber(person.phone, 0) };
  return [
    // Everybody has a device.
    scene("z0", lateOrderMs(plan), (writer) =>
      writeWebVisit(writer, { ...quiet, device: person.devices[0]!, signs: "in", basket: "ordered", orderNumber: LATE_ORDER,
      mustCollect: true })),
    scene("z1", promised, (writer) => tell(writer, "point of sale", promised, "Order Delayed",
      { ...about(writer), reason: "stock not found" })),
    scene("z2", plan.untilMs - 40 * MINUTE, (writer) => tell(writer, "support", writer.startMs, "Ticket Opened", ticket)),
    scene("z3", plan.untilMs + 3 * HOUR, (writer) => {
      tell(writer, "point of sale", writer.startMs, "Order Ready for Pickup", about(writer));
      tell(writer, "support", writer.startMs + 4 * MINUTE, "Ticket Replied", { ...ticket, from: "agent" });
      tell(writer, "point of sale", writer.startMs + 20 * HOUR, "Order Picked Up", about(writer));
      tell(writer, "support", writer.startMs + 21 * HOUR, "Ticket Solved", { ...ticket, satisfaction: 4 });
    }),
  ];
}

/** Each signs in on the tablet and looks again without, on days of their own. */
function familyScenes(person: Person, setUpDay: number): PlannedEpisode[] {
  const device = person.devices.at(-1)!; // Everybody of a household has its tablet last.
  const visit = (signs: WebVisit["signs"], signsOut: boolean): WebVisit => ({ ...quiet, device, signs, signsOut, basket: "left" });
  const evening = (days: number, hour: number): number => timeOn(setUpDay + 1 + days, hour * 60);
  return [
    scene("z0", evening(person.index, 20), (writer) => writeWebVisit(writer, visit("in", true))),
    scene("z1", evening(person.index, 22), (writer) => writeWebVisit(writer, visit("no", false))),
  ];
}

/** On a visit, the borrower signs in on the lender's laptop; who has no account of her own becomes one person with her. */
const mistakenVisit: WebVisit = {
  // The list has four.
  ...quiet, device: { name: "web0", browser: computers[0]!, owner: LENDER }, signs: "in", basket: "left", isMistake: true,
};

function scene(id: string, startMs: number, write: (writer: EpisodeWriter) => void): PlannedEpisode {
  return { id, startMs, write };
}
