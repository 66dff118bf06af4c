// For tests of what stands around destinations: one that speaks to nobody and keeps what it was given.
import { checkFields } from "@tributary/schema/destination/check-fields.ts";
import { destinationDefinition, type DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { Catalog, Connection, Destination, Exchange, SendRequest } from "./destination.ts";

export { openBench, type ContractBench } from "./catalog/testing-contract.ts";
export type { Reply } from "./catalog/testing-vendor.ts";
export { seenDestinations, type Seen, type SeenDestination } from "./catalog/testing.ts";
export { outboundToLoopback, startTestVendor, type TestVendor } from "./testing-vendor.ts";

export const testDefinition: DestinationDefinition = destinationDefinition.parse({
  slug: "parrot", name: "Parrot", description: "Repeats what it is told.", category: "Raw data", origin: "own", availability: { kind: "ready" }, proof: "contract", authentication: "key",
  settings: [
    { key: "url", label: "Address", type: "string", required: true },
    { key: "apiKey", label: "API key", type: "string", required: true },
    { key: "headers", label: "Headers", type: "object", takesMore: true },
    { key: "region", label: "Region", type: "string", choices: [{ value: "eu", label: "Europe" }, { value: "us", label: "United States" }], default: "eu" },
  ],
  actions: [
    {
      key: "say", name: "Say",
      fields: [
        { key: "user", label: "User", type: "string", required: true, default: { "@path": "$.userId" } }, { key: "email", label: "Email", type: "string", isHashed: true, default: { "@path": "$.context.traits.email" } },
        { key: "total", label: "Total", type: "number" }, { key: "list", label: "List", type: "string", isDynamic: true },
      ],
      batch: { sizeMax: 50, bytesMax: 100_000, keys: [] },
    },
    { key: "keep", name: "Keep", fields: [{ key: "user", label: "User", type: "string", required: true }], syncModes: { choices: ["add", "delete"], default: "add" } },
  ],
  presets: [{ key: "orders", name: "Orders", action: "say", trigger: "events", mapping: { total: { "@path": "$.properties.total" } } }],
  audience: { settings: [{ key: "list_name", label: "Name of the list", type: "string", required: true }], isCreated: true },
  canTest: true, canForget: false,
});

export interface TestDestination {
  readonly catalog: Catalog;
  readonly sent: SendRequest[];
  readonly tried: Connection[];
}

export function testDestination(more: readonly DestinationDefinition[] = []): TestDestination {
  const sent: SendRequest[] = [];
  const tried: Connection[] = [];
  const exchange = (connection: Connection, body: unknown): Exchange => ({
    method: "POST", url: `${String(connection.settings["url"])}?key=${String(connection.settings["apiKey"])}`, requestHeaders: { "content-type": "application/json", "x-key": String(connection.settings["apiKey"]) },
    requestBody: JSON.stringify(body), status: 200, responseHeaders: {}, responseBody: JSON.stringify({ heard: body, by: connection.settings["apiKey"] }), startedAtMs: 0, tookMs: 1,
  });
  const parrot: Destination = {
    definition: testDefinition,
    check: (settings) => checkFields(testDefinition.settings, settings),
    async test(connection) {
      tried.push(connection);
      const exchanges = [exchange(connection, { hello: true })];
      return connection.settings["region"] === "us" ? { isGood: false, detail: `The key ${String(connection.settings["apiKey"])} is not taken.`, exchanges } : { isGood: true, exchanges };
    },
    async send(request) {
      sent.push(request);
      return { outcomes: request.items.map(() => ({ kind: "delivered", status: 200 })), exchanges: [exchange(request.connection, request.items.map(({ payload }) => payload))] };
    },
    choices: async (_connection, action, field, payload) => [{ value: "l1", label: `${action} ${field} ${Object.keys(payload).join()}` }],
  };
  const others = more.map((definition): Destination => ({ ...parrot, definition }));
  const all = [parrot, ...others];
  return { sent, tried, catalog: { list: async () => all.map(({ definition }) => definition), find: async (slug) => all.find(({ definition }) => definition.slug === slug), close: async () => undefined } };
}
