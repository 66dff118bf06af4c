// Destinations of the demo shop for pictures, at a receiver of our own on this machine: orders of which some are refused, and an audience
// that is kept at an ad platform with a share held out.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { SyncState } from "@tributary/schema/api/audience-sync.ts";
import type { DestinationHealth } from "@tributary/schema/api/deliveries.ts";
import type { CallShop } from "./shop-audiences.ts";

/** One in so many orders has something that the receiver does not take. */
const REFUSED_ONE_IN = 14;
const HASH_SIZE = 65_521;
/** About a day and a half of the shop, of which one lasts a minute and a half at its fastest pace. */
const DELIVERED_LEAST = 150;
const ASK_EVERY_MS = 500;
const WAIT_MAX_MS = 300_000;

export interface Receiver {
  readonly url: string;
  readonly server: Server;
}

/** Takes everything, but for some of what comes to /orders: the same ones whenever they come. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => {
      const isRefused = request.url === "/orders" && [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % HASH_SIZE, 0) % REFUSED_ONE_IN === 0;
      response.writeHead(isRefused ? 400 : 200, { "content-type": "application/json" }).end(JSON.stringify(isRefused ? { message: "The order has no currency." } : { ok: true }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return { url: `http://127.0.0.1:${port}`, server };
}

const orders = {
  order: { "@path": "$.properties.order_id" }, total: { "@path": "$.properties.total" }, currency: { "@path": "$.properties.currency" },
  customer: { "@if": { exists: { "@path": "$.userId" }, then: { "@path": "$.userId" }, else: "guest" } },
  // Without it all that guests look at would be the same, and be refused or taken as one.
  product: { "@path": "$.properties.product_id" },
  items: { "@arrayPath": ["$.properties.products", { name: { "@path": "$.name" }, pieces: { "@path": "$.quantity" } }] },
};

export interface ShopDestinations {
  readonly orders: string;
  readonly ads: string;
  /** Id of the subscription that sends orders. */
  readonly subscription: number;
}

/** Makes them, lets the shop go on until enough was sent, and gives the slugs. */
export async function makeDestinations(call: CallShop, receiver: string, audience: string): Promise<ShopDestinations> {
  for (const [name, path] of [["Order service", "/orders"], ["Ad platform", "/members"]] as const) {
    await call("POST", "/destinations", { name, definition: "signed-webhook", settings: { url: `${receiver}${path}`, secret: "a-secret-of-these-pictures" }, enabled: true });
  }
  const taken = { kind: "events", types: ["track"], names: ["Order Completed", "Product Viewed"] };
  const { id: subscription } = await call<{ id: number }>("POST", "/destinations/order-service/subscriptions", { name: "Orders", enabled: true, definition: { action: "send", trigger: taken, mapping: { data: orders }, consent: [] } });
  const member = { email: { "@path": "$.context.traits.email" }, entered: { "@path": "$.event" } };
  const { id: kept } = await call<{ id: number }>("POST", "/destinations/ad-platform/subscriptions", { name: "Red dresses", enabled: true, definition: { action: "send", trigger: { kind: "audience", audience, holdOut: 0.1 }, mapping: { data: member } } });
  await call("PATCH", "/demo-shop", { paused: false });
  await until(async () => (await call<DestinationHealth>("GET", "/destinations/order-service/health?hours=1")).counts.some(({ outcome, count }) => outcome === "delivered" && count >= DELIVERED_LEAST));
  await until(async () => (await call<SyncState>("GET", `/destinations/ad-platform/subscriptions/${kept}/sync`)).told > 0);
  await call("PATCH", "/demo-shop", { paused: true });
  return { orders: "order-service", ads: "ad-platform", subscription };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < WAIT_MAX_MS; waitedMs += ASK_EVERY_MS) {
    if (await isSo()) return;
    await sleep(ASK_EVERY_MS);
  }
  throw new Error("It did not come to that within five minutes.");
}
