// For tests: a catalog whose vendors are one server on loopback, and what is the same in all of its contracts.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { map } from "@tributary/schema/destination/map.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import pino from "pino";
import type { AudienceAtVendor, Catalog, Connection, Destination, SendItem, SendRequest } from "../destination.ts";
import { createHostedCatalog } from "./catalog.ts";
import type { PoolOptions } from "./host/pool.ts";
import { startVendor, type Vendor } from "./testing-vendor.ts";

export interface ContractBench {
  readonly catalog: Catalog;
  readonly vendor: Vendor;
  find(slug: string): Promise<Destination>;
  close(): Promise<void>;
}

export async function openBench(pool: Partial<PoolOptions> = {}): Promise<ContractBench> {
  const cacheDir = await mkdtemp(join(tmpdir(), "catalog-"));
  const vendor = await startVendor();
  const catalog = createHostedCatalog({
    cacheDir, logger: pino({ level: "silent" }), outbound: { privateHosts: [] },
    pool: { client: { file: new URL("./testing-loopback-client.ts", import.meta.url).href, options: { port: vendor.port } }, ...pool },
  });
  return {
    catalog, vendor,
    async find(slug) {
      const destination = await catalog.find(slug);
      if (!destination) throw new Error(slug);
      return destination;
    },
    async close() {
      await catalog.close();
      await vendor.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}

/** An order of an invented person. */
export function orderOf(person: number): OutgoingEvent {
  const email = `ada${person}@example.com`;
  return {
    messageId: `message-${person}`, type: "track", event: "Order Completed", userId: `u-${person}`, anonymousId: `a-${person}`,
    timestamp: "2026-11-20T10:00:00.000Z", receivedAt: "2026-11-20T10:00:01.000Z",
    properties: {
      order_id: `ORD-${person}`, total: 120.5, revenue: 100, currency: "EUR", email,
      products: [{ product_id: "P-1", sku: "S-1", name: "Teapot", price: 60.25, quantity: 2, category: "Kitchen" }],
    },
    context: {
      ip: "203.0.113.9", userAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", locale: "en-GB",
      page: { url: "https://shop.example.com/thanks", referrer: "https://shop.example.com/cart", title: "Thanks" },
      traits: { email, phone: "+12025550143", firstName: "Ada", lastName: "Byron", first_name: "Ada", last_name: "Byron" },
    },
  };
}

export function identifyOf(person: number): OutgoingEvent {
  const traits = { email: `ada${person}@example.com`, phone: "+12025550143", firstName: "Ada", lastName: "Byron", first_name: "Ada", last_name: "Byron", plan: "pro", createdAt: "2026-01-05T08:00:00.000Z" };
  return {
    messageId: `message-${person}`, type: "identify", userId: `u-${person}`, anonymousId: `a-${person}`, timestamp: "2026-11-20T10:00:00.000Z",
    receivedAt: "2026-11-20T10:00:01.000Z", traits, context: { ip: "203.0.113.9", traits },
  };
}

/** Came into an audience, or left it. */
export function membershipOf(person: number, key: string, isIn: boolean): OutgoingEvent {
  return { ...orderOf(person), event: isIn ? "Audience Entered" : "Audience Exited", properties: { [key]: isIn, audience_key: key, email: `ada${person}@example.com` } };
}

export const connectionOf = (slug: string, more: Partial<Connection>): Connection => ({ workspaceId: 1, destinationId: 7, slug, version: 1, settings: {}, ...more });

/** The mapping that a person would start from: the fields' defaults, and what has to be said beside. */
export function defaultMapping(definition: DestinationDefinition, action: string, more: Mapping): Mapping {
  const fields = definition.actions.find(({ key }) => key === action)?.fields ?? [];
  return { ...Object.fromEntries(fields.flatMap((field) => field.default === undefined ? [] : [[field.key, field.default as Mapping[string]]])), ...more }; // Defaults are JSON.
}

export interface Sent {
  readonly connection: Connection;
  readonly action: string;
  readonly events: readonly OutgoingEvent[];
  readonly mapping?: Mapping;
  readonly audience?: AudienceAtVendor;
  readonly syncMode?: SendRequest["subscription"]["syncMode"];
}

export function requestOf({ definition }: Destination, { connection, action, events, mapping = {}, audience, syncMode }: Sent): SendRequest {
  const items = events.map((event): SendItem => {
    const mapped = map(defaultMapping(definition, action, mapping), audience ? { ...event, context: { ...event.context, personas: { computation_key: audience.key, external_audience_id: audience.externalId, computation_class: "audience" } } } : event);
    if (!("payload" in mapped)) throw new Error(JSON.stringify(mapped));
    return { event, payload: mapped.payload, idempotencyKey: event.messageId };
  });
  return { connection, subscription: { id: 1, version: 1, action, syncMode }, audience, items };
}
