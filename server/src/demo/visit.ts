// A visit to the website, from the first page to the basket, the checkout and the order, as analytics.js sends it with
// Segment's e-commerce names.
import type { EpisodeWriter } from "./episode.ts";
import { lineProperties, orderOf, orderProperties, pounds, productProperties, tasteOf, type Order } from "./orders.ts";
import { anonymousId, deviceKey, type WebDevice } from "./people.ts";
import { MINUTE, SHOP_TIME_ZONE } from "./shop-time.ts";
import { identifyTraits, joinAccount } from "./sign-up.ts";
import { mailings, searches } from "./words.ts";

export interface WebVisit {
  readonly device: WebDevice;
  /** How often the device's cookies were deleted before. */
  readonly generation: number;
  /** The first visit with these cookies: the banner asks. */
  readonly isFirst: boolean;
  /** What the shop learns: an account or an address is given, or the person signs in or was signed in before. */
  readonly signs: "no" | "up" | "in" | "already" | "newsletter" | "as guest";
  readonly signsOut: boolean;
  readonly basket: "none" | "left" | "ordered";
  /** Of the order, when there is one. */
  readonly orderNumber: number;
  readonly mustCollect?: boolean;
  /** Number of the mailing whose link led here. */
  readonly mailing: number | undefined;
  /** Everything but what is needed was withdrawn on this visit, or on one before it. */
  readonly withdrawal: "none" | "now" | "before";
  /** Somebody else's own device: signing in on it joins the two. */
  readonly isMistake?: boolean;
}

/** What is being written: where on the site, by whom, and when. */
class WebSession {
  readonly writer: EpisodeWriter;
  readonly visit: WebVisit;
  readonly anonymousId: string;
  atMs: number;
  isSignedIn: boolean;
  #page = { url: "https://shop.example.com/", title: "Larkfield" };
  #referrer = "";
  #search = "";

  constructor(writer: EpisodeWriter, visit: WebVisit) {
    this.writer = writer;
    this.visit = visit;
    this.atMs = writer.startMs;
    this.anonymousId = anonymousId(writer.plan, deviceKey(writer.person, visit.device, visit.generation));
    this.isSignedIn = visit.signs === "already";
  }

  get shows(): readonly string[] {
    const { person } = this.writer;
    const key = deviceKey(person, this.visit.device, this.visit.generation);
    if (!this.isSignedIn) return [key];
    // A shared device stays with the one who set it up.
    const isOthers = this.visit.device.owner >= 0 && this.visit.device.owner !== person.index;
    return isOthers && this.visit.isMistake !== true ? [String(person.index)] : [String(person.index), key];
  }

  wait(secondsMax: number): void {
    this.atMs += 1_500 + this.writer.dice.below(secondsMax * 1_000);
  }

  track(event: string, properties: Record<string, unknown>): void {
    this.send({ type: "track", event, properties });
  }

  page(name: string, path: string, properties: Record<string, unknown> = {}): void {
    this.wait(70);
    this.#referrer = this.#referrer === "" ? this.#origin() : this.#page.url;
    const url = `https://shop.example.com${path}${this.#search}`;
    this.#page = { url, title: `${name} – Larkfield` };
    this.send({ type: "page", name, properties: { ...properties, path, url, title: this.#page.title, search: this.#search,
      referrer: this.#referrer } });
    this.#search = "";
  }

  /** Where the visit comes from; sets the query of its first page. */
  #origin(): string {
    const { mailing } = this.visit;
    if (mailing !== undefined) {
      this.#search = `?utm_source=newsletter&utm_medium=email&utm_campaign=${mailingName(mailing)}`;
      return "";
    }
    const from = this.writer.dice.weighted([40, 35, 15, 10]);
    if (from === 2) this.#search = `?utm_source=searchads&utm_medium=cpc&utm_campaign=brand&gclid=${this.writer.dice.hex(20)}`;
    return from === 0 ? "" : from === 3 ? "https://social.example.com/" : "https://search.example.com/";
  }

  send(call: { type: "track" | "page" | "identify" | "group" | "alias" } & Record<string, unknown>): void {
    const { person } = this.writer;
    this.writer.add({
      source: "website", atMs: this.atMs, shows: this.shows, anonymousId: this.anonymousId,
      ...(this.isSignedIn && person.userId !== "" ? { userId: person.userId } : {}), ...call, context: this.#context(),
    });
    this.atMs += 200 + this.writer.dice.below(800);
  }

  #context(): Record<string, unknown> {
    const { person } = this.writer;
    const { browser } = this.visit.device;
    const { url, title } = this.#page;
    const { mailing, withdrawal } = this.visit;
    const isWithdrawn = withdrawal === "before" || withdrawal === "now";
    return {
      library: { name: "analytics.js", version: "next-1.84.3" }, userAgent: browser.userAgent, screen: browser.screen, locale: "en-GB",
      timezone: SHOP_TIME_ZONE, ip: person.ip, location: { country: "GB", city: person.city },
      page: { url, path: new URL(url).pathname, title, referrer: this.#referrer, search: new URL(url).search },
      ...(mailing === undefined ? {} : { campaign: { name: mailingName(mailing), source: "newsletter", medium: "email" } }),
      consent: { categoryPreferences: {
        functional: true, analytics: !isWithdrawn && !person.refusesAnalytics, advertising: !isWithdrawn && !person.refusesAdvertising,
      } },
    };
  }
}

export function mailingName(mailing: number): string {
  return `${mailings[mailing % mailings.length]?.[0] ?? ""}-${mailing + 1}`;
}

export function writeWebVisit(writer: EpisodeWriter, visit: WebVisit): void {
  const session = new WebSession(writer, visit);
  if (visit.mailing !== undefined) mailOpened(session, visit.mailing);
  session.page("Home", "/");
  if (visit.isFirst || visit.withdrawal === "now") session.track("Segment Consent Preference Updated", {});
  if (visit.signs === "in" || visit.signs === "up") sign(session);
  const things = browse(session);
  if (visit.signs === "newsletter") subscribe(session);
  if (visit.basket === "left") fillBasket(session, things);
  if (visit.basket === "ordered") order(session);
  if (visit.signsOut) {
    session.wait(30);
    session.track("Signed Out", {});
  }
}

function mailOpened(session: WebSession, mailing: number): void {
  const { writer } = session;
  for (const event of ["Email Opened", "Email Link Clicked"]) {
    writer.add({
      source: "mail", atMs: session.atMs, shows: [String(writer.person.index)], type: "track", event, ...mailPerson(writer),
      properties: { campaign_id: mailingName(mailing), campaign_name: mailingName(mailing),
        ...(event === "Email Opened" ? {} : { link_url: "https://shop.example.com/" }) },
    });
    session.wait(40);
  }
}

/** How systems that know only addresses name the person. */
export function mailPerson({ person }: EpisodeWriter): { readonly userId?: string; readonly context: Record<string, unknown> } {
  return {
    ...(person.userId === "" ? {} : { userId: person.userId }),
    context: { library: { name: "mail-server", version: "3.2.0" }, traits: { email: person.email } },
  };
}

function sign(session: WebSession): void {
  const { writer, visit } = session;
  const { person, dice } = writer;
  session.page(visit.signs === "up" ? "Create Account" : "Sign In", visit.signs === "up" ? "/account/new" : "/account/sign-in");
  session.isSignedIn = true;
  // Older code of the shop still says alias first.
  const isTheirs = visit.device.owner < 0;
  const saysAlias = visit.signs === "up" && isTheirs && person.role === undefined && dice.chance(0.2);
  if (saysAlias) session.send({ type: "alias", previousId: session.anonymousId });
  session.send({ type: "identify", traits: identifyTraits(writer) });
  session.track(visit.signs === "up" ? "Signed Up" : "Signed In", { method: "password" });
  const account = visit.signs === "up" ? joinAccount(person) : undefined;
  if (account) session.send({ type: "group", ...account });
}

function subscribe(session: WebSession): void {
  const { person } = session.writer;
  session.wait(30);
  session.isSignedIn = true;
  session.send({ type: "identify", traits: { email: person.email, newsletter: true } });
  session.track("Newsletter Subscribed", { list: "weekly" });
}

function browse(session: WebSession): Record<string, unknown>[] {
  const { writer } = session;
  const { dice, person } = writer;
  const seen: Record<string, unknown>[] = [];
  if (dice.chance(0.25)) {
    session.page("Search", "/search");
    session.track("Products Searched", { query: dice.pick(searches) });
  }
  for (let looks = 1 + dice.weighted([45, 30, 15, 10]); looks > 0; looks--) {
    const product = tasteOf(person, dice);
    if (dice.chance(0.5)) {
      session.page("Category", `/c/${product.category}`);
      session.track("Product List Viewed", { list_id: product.category, category: product.category });
    }
    session.page("Product", `/p/${product.id}`);
    const properties = productProperties(product, dice.pick(product.colours), dice.pick(product.sizes));
    session.track("Product Viewed", { ...properties, currency: "GBP" });
    if (dice.chance(0.05)) session.track("Product Added to Wishlist", { ...properties, wishlist_id: `wl-${person.index}` });
    seen.push(properties);
  }
  return seen;
}

function fillBasket(session: WebSession, things: readonly Record<string, unknown>[]): void {
  const { writer } = session;
  const cart = `cart-${writer.person.index}-${writer.id}`;
  for (const thing of things.slice(0, 2)) session.track("Product Added", { cart_id: cart, ...thing, quantity: 1 });
  session.page("Basket", "/basket");
  session.track("Cart Viewed", { cart_id: cart, products: things.slice(0, 2).map((thing) => ({ ...thing, quantity: 1 })) });
  if (things.length > 1 && writer.dice.chance(0.3)) session.track("Product Removed", { cart_id: cart, ...things[0], quantity: 1 });
}

/** From the basket to the order. Guests say who they are at the checkout. */
function order(session: WebSession): void {
  const { writer, visit } = session;
  const { person, dice } = writer;
  const bought = orderOf(person, "web", visit.orderNumber, visit.mustCollect);
  const cart = `cart-${person.index}-${writer.id}`;
  for (const line of bought.lines) {
    session.track("Product Added", { cart_id: cart, ...lineProperties(line) });
    session.wait(20);
  }
  session.page("Basket", "/basket");
  session.track("Cart Viewed", { cart_id: cart, products: bought.lines.map(lineProperties) });
  session.page("Checkout", "/checkout");
  session.track("Checkout Started", orderProperties(bought, "website"));
  if (visit.signs === "as guest") {
    session.isSignedIn = true;
    session.send({ type: "identify", traits: { email: person.email, firstName: person.firstName, lastName: person.lastName,
      guest: true } });
  }
  checkout(session, bought);
  session.track("Order Completed", { checkout_id: cart, ...orderProperties(bought, "website"), fulfilment: bought.fulfilment,
    ...pickUp(bought, session) });
  if (dice.chance(0.15)) session.page("Order", `/account/orders/${bought.id}`);
}

function checkout(session: WebSession, bought: Order): void {
  const step = { checkout_id: bought.id, shipping_method: bought.fulfilment, payment_method: "card" };
  if (bought.coupon !== "") {
    session.track("Coupon Applied", { order_id: bought.id, coupon_id: bought.coupon, discount: pounds(bought.discountPence) });
  }
  session.track("Checkout Step Completed", { ...step, step: 1 });
  session.wait(90);
  session.track("Payment Info Entered", { ...step, order_id: bought.id, step: 2 });
  session.wait(30);
}

function pickUp(bought: Order, session: WebSession): Record<string, unknown> {
  if (bought.fulfilment !== "click_and_collect") return {};
  return { store: bought.store, ready_by: session.writer.timeText(promisedMs(session.writer.startMs)) };
}

/** When a click-and-collect order is promised to be ready: a day after the visit began, to the minute. */
export function promisedMs(visitMs: number): number {
  return Math.floor(visitMs / MINUTE) * MINUTE + 24 * 60 * MINUTE;
}
