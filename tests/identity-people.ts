// People whose identity has a story: three devices of one person, a tablet that two share, and somebody with very many identifiers.
import type { ServerProcess } from "./server-process.ts";

const DAY_MS = 86_400_000;

/** Three devices: a laptop that browsed first, a phone's app, and a tablet, each tied by a sign-in of u-17. */
export function threeDevices(nowMs: number): readonly object[] {
  const at = (days: number, minutes = 0): string => new Date(nowMs - days * DAY_MS + minutes * 60_000).toISOString();
  const cara = { name: "Cara Castellano", email: "cara@example.com" };
  return [
    { type: "page", anonymousId: "laptop-a3f0-77c1", name: "Home", timestamp: at(20), context: { page: { url: "https://shop.example.com/" } } },
    { type: "page", anonymousId: "laptop-a3f0-77c1", name: "Shoes", timestamp: at(20, 4) },
    { type: "track", event: "Signed In", userId: "u-17", anonymousId: "laptop-a3f0-77c1", timestamp: at(19), messageId: "signed-in-laptop" },
    { type: "track", event: "Order Completed", userId: "u-17", anonymousId: "laptop-a3f0-77c1", timestamp: at(19, 9), properties: { revenue: 59 } },
    { type: "track", event: "Signed In", userId: "u-17", anonymousId: "laptop-a3f0-77c1", timestamp: at(15) },
    { type: "screen", anonymousId: "app-9d2e-0b44", name: "Start", timestamp: at(12) },
    { type: "identify", userId: "u-17", anonymousId: "app-9d2e-0b44", timestamp: at(12, 2), traits: cara, context: { device: { id: "phone-5c5c" } } },
    { type: "track", event: "Signed In", userId: "u-17", anonymousId: "tablet-1f1f-aaaa", timestamp: at(6) },
    { type: "track", event: "Viewed", anonymousId: "tablet-1f1f-aaaa", timestamp: at(6, 5) },
  ];
}

/** Two people sign in on one tablet: the limit of one user id keeps them apart. And one address that is two people's by mistake. */
export function twoOnOneTablet(nowMs: number): readonly object[] {
  const at = (days: number): string => new Date(nowMs - days * DAY_MS).toISOString();
  return [
    { type: "identify", userId: "u-ann", anonymousId: "family-tablet", timestamp: at(9), traits: { name: "Ann Abend" } },
    { type: "identify", userId: "u-bob", anonymousId: "family-tablet", timestamp: at(8), traits: { name: "Bob Abend" } },
    { type: "identify", userId: "u-dora", anonymousId: "dora-laptop", timestamp: at(7), traits: { name: "Dora Dahl", city: "Graz" } },
    { type: "track", event: "Order Completed", anonymousId: "emils-phone", timestamp: at(6), properties: { revenue: 12 } },
    { type: "identify", anonymousId: "emils-phone", timestamp: at(6), traits: { email: "emil@example.com", name: "Emil Egger" }, context: { consent: { categoryPreferences: { marketing: true } } } },
    { type: "identify", userId: "u-dora", timestamp: at(5), traits: { email: "emil@example.com" }, messageId: "the-mistake" },
  ];
}

export function manyIdentifiers(nowMs: number, count: number): readonly object[] {
  return Array.from({ length: count }, (_, i) => ({
    type: "track", event: "Signed In", userId: "u-many", anonymousId: `kiosk-${String(i).padStart(3, "0")}`, timestamp: new Date(nowMs - DAY_MS + i * 1000).toISOString(),
    ...(i % 10 === 0 ? { properties: { email: `many${i % 40}@example.com` } } : {}),
  }));
}

export async function sendPeople(server: ServerProcess, nowMs: number, many = 300): Promise<void> {
  for (const calls of [threeDevices(nowMs), twoOnOneTablet(nowMs)]) await server.send("/v1/batch", { batch: calls });
  const kiosks = manyIdentifiers(nowMs, many);
  for (let from = 0; from < kiosks.length; from += 100) await server.send("/v1/batch", { batch: kiosks.slice(from, from + 100) });
  await server.settled();
}
