// A visit with the shop's app: a phone with device ids, screens instead of pages. The app is for people with an account.
import type { AppPhone } from "./devices.ts";
import { diceFor } from "./dice.ts";
import type { EpisodeWriter } from "./episode.ts";
import { lineProperties, orderOf, orderProperties, productProperties, tasteOf } from "./orders.ts";
import { anonymousId } from "./people.ts";
import { SHOP_TIME_ZONE } from "./shop-time.ts";
import { identifyTraits } from "./sign-up.ts";
import { promisedMs } from "./visit.ts";

export interface AppVisit {
  readonly app: AppPhone;
  /** The app was just installed: nobody is signed in yet. */
  readonly isFirst: boolean;
  readonly orderNumber: number | undefined;
  readonly isPushed: boolean;
}

export function writeAppVisit(writer: EpisodeWriter, visit: AppVisit): void {
  const { person, dice } = writer;
  const key = `${person.index}.app`;
  const context = appContext(writer, visit.app, key);
  let atMs = writer.startMs;
  let isSignedIn = !visit.isFirst;
  const send = (call: { type: "track" | "screen" | "identify" } & Record<string, unknown>): void => {
    writer.add({
      source: "app", atMs, shows: isSignedIn ? [String(person.index), key] : [key], anonymousId: anonymousId(writer.plan, key),
      ...(isSignedIn ? { userId: person.userId } : {}), ...call, context,
    });
    atMs += 800 + dice.below(40_000);
  };
  const track = (event: string, properties: Record<string, unknown>): void => send({ type: "track", event, properties });

  if (visit.isFirst) track("Application Installed", { version: "5.4.0", build: "540" });
  if (visit.isPushed) {
    track("Push Notification Tapped", { action: "open", campaign: { name: "back-in-stock", source: "push", medium: "push" } });
  }
  track("Application Opened", { version: "5.4.0", build: "540", from_background: !visit.isFirst && dice.chance(0.5) });
  if (visit.isFirst) {
    isSignedIn = true;
    send({ type: "identify", traits: identifyTraits(writer) });
    track("Signed In", { method: "password" });
  }
  for (let looks = 1 + dice.below(3); looks > 0; looks--) {
    const product = tasteOf(person, dice);
    send({ type: "screen", name: "Product", properties: { product_id: product.id } });
    track("Product Viewed", { ...productProperties(product, dice.pick(product.colours), dice.pick(product.sizes)), currency: "GBP" });
  }
  if (visit.orderNumber !== undefined) {
    const bought = orderOf(person, "web", visit.orderNumber);
    for (const line of bought.lines) track("Product Added", { cart_id: bought.id, ...lineProperties(line) });
    send({ type: "screen", name: "Checkout", properties: {} });
    track("Checkout Started", orderProperties(bought, "app"));
    const isCollected = bought.fulfilment === "click_and_collect";
    track("Order Completed", {
      ...orderProperties(bought, "app"), fulfilment: bought.fulfilment,
      ...(isCollected ? { store: bought.store, ready_by: writer.timeText(promisedMs(writer.startMs)) } : {}),
    });
  }
  track("Application Backgrounded", {});
}

function appContext({ plan, person }: EpisodeWriter, app: AppPhone, key: string): Record<string, unknown> {
  const dice = diceFor(plan.seed, "device", key);
  const device = { id: dice.uuid(), ...app.device, adTrackingEnabled: !person.refusesAdvertising };
  return {
    library: app.library, app: { name: "Larkfield", version: "5.4.0", build: "540", namespace: "com.example.shop" },
    device: person.refusesAdvertising ? device : { ...device, advertisingId: dice.uuid() },
    os: app.os, locale: "en-GB", timezone: SHOP_TIME_ZONE, ip: person.ip, network: { wifi: true, cellular: false },
    screen: { width: 1179, height: 2556, density: 3 },
    consent: { categoryPreferences: { functional: true, analytics: !person.refusesAnalytics, advertising: !person.refusesAdvertising } },
  };
}
