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
const DELIVERED_LEAST = 150;

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
      const isRefused = request.url === "/orders" && [...text].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % REFUSED_ONE_IN === 0;
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
  for (let i = 0; i < 240; i++) {
    if (await isSo()) return;
    await sleep(500);
  }
  throw new Error("It did not come to that within two minutes.");
}
