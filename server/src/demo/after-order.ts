// What follows an order: the receipt by mail, the parcel or the shop's shelf, reviews, refunds and letters to the service.
// Each is an episode of its own, days apart.
import type { DemoSource } from "./call.ts";
import type { EpisodeWriter, PlannedEpisode } from "./episode.ts";
import { lineProperties, orderProperties, pounds, type Order, type Refund } from "./orders.ts";
import { DAY, HOUR, MINUTE } from "./shop-time.ts";
import { mailPerson, promisedMs } from "./visit.ts";
import { ticketSubjects } from "./words.ts";

/** Everything that one order of the web or the app leads to. `visitMs`: when the visit began. */
export function afterOrder(order: Order, visitMs: number, suffix: string): PlannedEpisode[] {
  const promised = promisedMs(visitMs);
  const followed: PlannedEpisode[] = [
    { id: `m${suffix}`, startMs: visitMs + HOUR, write: (writer) => writeReceipt(writer, order) },
    order.fulfilment === "click_and_collect"
      ? { id: `c${suffix}`, startMs: promised - 2 * HOUR, write: (writer) => writeCollection(writer, order, promised) }
      : { id: `p${suffix}`, startMs: visitMs + 20 * HOUR, write: (writer) => writeParcel(writer, order) },
    ...refundsAfter(order, visitMs, suffix),
  ];
  if (order.hasTicket) followed.push({ id: `t${suffix}`, startMs: visitMs + 28 * HOUR, write: (writer) => writeTicket(writer, order) });
  if (order.hasReview) followed.push({ id: `w${suffix}`, startMs: visitMs + 9 * DAY, write: (writer) => writeReview(writer, order) });
  return followed;
}

export function refundsAfter(order: Order, visitMs: number, suffix: string): PlannedEpisode[] {
  return order.refunds.map((refund, i) => ({
    id: `f${suffix}-${i}`, startMs: visitMs + refund.afterDays * DAY, write: (writer) => writeRefund(writer, order, refund),
  }));
}

/** Whoever has no account is known to the shop's own systems by address. */
export function tell(writer: EpisodeWriter, source: DemoSource, atMs: number, event: string, properties: Record<string, unknown>): void {
  const library = source === "mail" ? "mail-server" : source === "point of sale" ? "till-server" : "shop-server";
  const { context, ...ids } = mailPerson(writer);
  writer.add({
    source, atMs, shows: [String(writer.person.index)], type: "track", event, ...ids, properties,
    context: { ...context, library: { name: library, version: "3.2.0" } },
  });
}

function writeReceipt(writer: EpisodeWriter, order: Order): void {
  const { dice, startMs } = writer;
  const mail = { email_id: `receipt-${order.id}`, email_subject: `Your order ${order.id}`, order_id: order.id };
  tell(writer, "mail", startMs, "Email Delivered", mail);
  if (dice.chance(0.75)) tell(writer, "mail", startMs + 5 * MINUTE + dice.below(8 * HOUR), "Email Opened", mail);
}

function writeParcel(writer: EpisodeWriter, order: Order): void {
  const parcel = { order_id: order.id, carrier: "Swift Parcels", tracking_number: `SP${writer.dice.hex(10).toUpperCase()}` };
  tell(writer, "website", writer.startMs, "Order Shipped", parcel);
  tell(writer, "website", writer.startMs + DAY + writer.dice.below(2 * DAY), "Order Delivered", parcel);
}

/** Ready, and collected within two days; or late, said so when the promise runs out, and then ready. */
function writeCollection(writer: EpisodeWriter, order: Order, promised: number): void {
  const { dice } = writer;
  const about = { order_id: order.id, store: order.store, ready_by: writer.timeText(promised) };
  if (order.lateHours > 0) tell(writer, "point of sale", promised, "Order Delayed", { ...about, reason: "stock not found" });
  const readyMs = order.lateHours > 0 ? promised + order.lateHours * HOUR : promised - HOUR - dice.below(HOUR);
  tell(writer, "point of sale", readyMs, "Order Ready for Pickup", about);
  tell(writer, "point of sale", readyMs + 2 * HOUR + dice.below(40 * HOUR), "Order Picked Up", about);
}

function writeReview(writer: EpisodeWriter, order: Order): void {
  const [line] = order.lines;
  if (line === undefined) return;
  const rating = 1 + writer.dice.weighted([6, 5, 12, 30, 47]);
  tell(writer, "website", writer.startMs, "Product Reviewed", {
    product_id: line.product.id, order_id: order.id, review_id: `rv-${order.id}`, rating,
    review_body: rating > 3 ? "Lovely, just as shown." : "Not what I hoped for.",
  });
}

/** A refund names what came back, and what was paid for it. */
function writeRefund(writer: EpisodeWriter, order: Order, refund: Refund): void {
  const source = order.fulfilment === "in_store" ? "point of sale" : "website";
  const properties = refund.isWhole
    ? { ...orderProperties(order, source), reason: refund.reason, whole: true }
    : { order_id: order.id, total: pounds(refund.pence), currency: "GBP", reason: refund.reason, whole: false,
      products: refund.lines.map(lineProperties) };
  tell(writer, source, writer.startMs, "Order Refunded", properties);
}

function writeTicket(writer: EpisodeWriter, order: Order): void {
  const { dice, startMs } = writer;
  const subject = order.lateHours > 0 ? ticketSubjects[0] : dice.pick(ticketSubjects);
  const ticket = { ticket_id: `T-${order.id}`, order_id: order.id, subject, channel: dice.pick(["e-mail", "chat", "phone"]) };
  tell(writer, "support", startMs, "Ticket Opened", ticket);
  let atMs = startMs;
  for (let replies = 1 + dice.below(3); replies > 0; replies--) {
    atMs += 20 * MINUTE + dice.below(10 * HOUR);
    tell(writer, "support", atMs, "Ticket Replied", { ...ticket, from: replies % 2 === 1 ? "agent" : "customer" });
  }
  if (dice.chance(0.9)) tell(writer, "support", atMs + HOUR + dice.below(20 * HOUR), "Ticket Solved",
    { ...ticket, satisfaction: dice.between(2, 5) });
}
