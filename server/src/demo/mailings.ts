// The newsletter, and the sock box that comes every month: what goes out by the calendar rather than by anybody's visit.
import { tell } from "./after-order.ts";
import { diceFor } from "./dice.ts";
import type { EpisodeWriter } from "./episode.ts";
import type { Person, ShopPlan } from "./people.ts";
import { DAY, HOUR, MINUTE, timeOn } from "./shop-time.ts";
import { mailingName } from "./visit.ts";
import { mailings } from "./words.ts";

const DAYS_BETWEEN_MAILINGS = 9;
const MINUTE_OF_MAILING = 10 * 60;

/** When the nth mailing goes out to everybody. */
export function mailingMs(plan: ShopPlan, n: number): number {
  return timeOn(plan.firstDay + 4 + n * DAYS_BETWEEN_MAILINGS, MINUTE_OF_MAILING);
}

/** The latest mailing before a time; -1 when there was none. */
export function mailingBefore(plan: ShopPlan, ms: number): number {
  let n = Math.max(0, Math.floor((ms - mailingMs(plan, 0)) / (DAYS_BETWEEN_MAILINGS * DAY)) + 1);
  while (n >= 0 && mailingMs(plan, n) >= ms) n--;
  return n;
}

export type MailingFate = "ignored" | "opened" | "bounced" | "unsubscribed";

export function mailingFate(person: Person, n: number): MailingFate {
  const share = diceFor(person.seed, "mailing", n).share();
  return share < 0.36 ? "opened" : share < 0.375 ? "unsubscribed" : share < 0.38 ? "bounced" : "ignored";
}

/** When the person's copy goes out: not all mails leave at once. */
export function deliveredMs(plan: ShopPlan, person: Person, n: number): number {
  return mailingMs(plan, n) + diceFor(person.seed, "delivery", n).below(6 * HOUR);
}

/** When it is opened: an episode of its own, so that a mailing to a million people need not be held until the last has read it. */
export function openedMs(plan: ShopPlan, person: Person, n: number): number {
  return deliveredMs(plan, person, n) + MINUTE + diceFor(person.seed, "opening", n).below(20 * HOUR);
}

export function writeMailing(writer: EpisodeWriter, n: number): void {
  const isBounced = mailingFate(writer.person, n) === "bounced";
  tell(writer, "mail", writer.startMs, isBounced ? "Email Bounced" : "Email Delivered", mailOf(writer.person, n));
}

export function writeOpening(writer: EpisodeWriter, n: number): void {
  const { person, startMs } = writer;
  tell(writer, "mail", startMs, "Email Opened", mailOf(person, n));
  if (mailingFate(person, n) !== "unsubscribed") return;
  // Whoever leaves withdraws the consent, in the form in which Segment's libraries say so.
  writer.add({
    source: "mail", atMs: startMs + MINUTE, shows: [String(person.index)], type: "track", event: "Unsubscribed",
    ...(person.userId === "" ? {} : { userId: person.userId }), properties: mailOf(person, n),
    context: { library: { name: "mail-server", version: "3.2.0" }, traits: { email: person.email, newsletter: false },
      consent: { categoryPreferences: { email_marketing: false } } },
  });
}

function mailOf(person: Person, n: number): Record<string, unknown> {
  const name = mailingName(n);
  return { campaign_id: name, campaign_name: name, email_id: `${name}-${person.index}`,
    email_subject: mailings[n % mailings.length]?.[1] ?? "" };
}

/** What becomes of the nth monthly payment. `cancelled` ends the subscription. */
export type BoxFate = "paid" | "recovered" | "cancelled";

export function boxFate(person: Person, n: number): BoxFate {
  const share = diceFor(person.seed, "box", n).share();
  return share < 0.88 ? "paid" : share < 0.96 ? "recovered" : "cancelled";
}

export const BOX_DAYS = 30;
const BOX_POUNDS = 14.5;
const RETRY_DAYS = 3;

export function writeBoxStart(writer: EpisodeWriter): void {
  tell(writer, "website", writer.startMs, "Subscription Started",
    { ...box(writer), next_renewal: writer.timeText(writer.startMs + BOX_DAYS * DAY) });
}

export function writeBox(writer: EpisodeWriter, n: number): void {
  const { person, startMs } = writer;
  const payment = { ...box(writer), renewal: n };
  const failed = { ...payment, reason: "card expired" };
  const fate = boxFate(person, n);
  if (fate !== "paid") tell(writer, "website", startMs, "Payment Failed",
    { ...failed, attempt: 1, retry_at: writer.timeText(startMs + RETRY_DAYS * DAY) });
  if (fate === "cancelled") {
    tell(writer, "website", startMs + RETRY_DAYS * DAY, "Payment Failed", { ...failed, attempt: 2 });
    return tell(writer, "website", startMs + RETRY_DAYS * DAY + HOUR, "Subscription Cancelled",
      { ...box(writer), reason: "payment failed" });
  }
  const paidMs = fate === "paid" ? startMs : startMs + RETRY_DAYS * DAY;
  if (fate === "recovered") tell(writer, "website", paidMs, "Payment Recovered", { ...payment, attempt: 2 });
  tell(writer, "website", paidMs + MINUTE, "Subscription Renewed", { ...payment, next_renewal: writer.timeText(startMs + BOX_DAYS * DAY) });
}

function box({ person }: EpisodeWriter): Record<string, unknown> {
  return { subscription_id: `box-${person.index}`, plan: "sock box", revenue: BOX_POUNDS, currency: "GBP" };
}
