// Events to an address of the user's own. What is sent is signed: HMAC-SHA256 over the time, a dot, and the very bytes of the body, so
// that a receiver can tell who sent it and that it is not an old one sent again; docs/webhooks.md says how. While a secret is
// changed, both the new and the previous one sign.
import { hash } from "node:crypto";
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { idempotencyHeader, SIGNING_SECRET_LENGTH_MIN, signatureHeader, timestampHeader, webhookSignature } from "../../core/webhook-signature.ts";
import type { SendItem } from "../destination.ts";
import { defineDestination, type At, type OwnAction, type Sending } from "./define-destination.ts";

const BATCH_ITEMS_MAX = 500;
const BATCH_BYTES_MAX = 1_000_000;

const data = {
  key: "data", label: "Data", type: "object" as const, required: true, takesMore: true, editor: "keyvalue" as const,
  description: "What is sent: the whole event, or an object of values that are mapped.", default: { "@path": "$." },
};

const send: OwnAction = {
  definition: { key: "send", name: "Send an event", description: "One request for each event, with one object as its body.", fields: [data] },
  async send(at) {
    const [item] = at.items;
    if (!item) return [];
    return at.read(await request(at, JSON.stringify(item.payload["data"]), item.idempotencyKey));
  },
};

const sendBatch: OwnAction = {
  definition: {
    key: "send_batch", name: "Send events in batches", description: "Several events with one request, as a list in the order in which they happened.", fields: [data],
    batch: { sizeMax: BATCH_ITEMS_MAX, bytesMax: BATCH_BYTES_MAX, keys: [] },
  },
  async send(at) {
    return at.read(await request(at, JSON.stringify(at.items.map((item) => item.payload["data"])), keyOfBatch(at.items)));
  },
};

export const webhook = defineDestination({
  slug: "signed-webhook",
  name: "Webhook",
  description: "Sends events as JSON to an address of your own, signed so that you can tell they are ours.",
  category: "utility",
  authentication: "none",
  isStatusAll: true,
  secretSettings: ["headers"],
  settings: [
    { key: "url", label: "Address", type: "string", required: true, placeholder: "https://example.com/hooks/tributary", description: "Where events go; http or https." },
    { key: "method", label: "Method", type: "string", choices: [{ value: "POST", label: "POST" }, { value: "PUT", label: "PUT" }], default: "POST" },
    { key: "headers", label: "Headers", type: "object", takesMore: true, editor: "keyvalue", description: "Sent with each request; kept secret." },
    { key: "secret", label: "Signing secret", type: "password", description: "Signs each request. At least 16 characters; none: requests are not signed." },
    { key: "previousSecret", label: "Previous signing secret", type: "password", description: "Signs as well, until each receiver knows the new one." },
  ],
  actions: [send, sendBatch],
  presets: [],
  check: ({ url, headers, secret, previousSecret }) => [
    ...urlProblems(url),
    ...headerProblems(headers),
    ...[["secret", secret], ["previousSecret", previousSecret]].flatMap(([field, value]) =>
      (typeof value === "string" && value !== "" && value.length < SIGNING_SECRET_LENGTH_MIN ? [{ field: String(field), problem: `A signing secret has at least ${SIGNING_SECRET_LENGTH_MIN} characters.` }] : [])),
  ],
  /** The receiver is told, and knows what it made of the audience. */
  emptyAudience: async (at, { key, id, name }) => ({
    outcome: at.read(await request(at, JSON.stringify({ type: "audience_emptied", audience: { key, id, name } }), `empty-${id}-${at.parts.nowMs()}`)), isGone: false,
  }),
  forget: async (at, { userId, anonymousId }) => at.read(await request(at, JSON.stringify({ type: "forget", userId, anonymousId }), `forget-${hash("sha256", JSON.stringify([userId, anonymousId]), "hex")}`)),
  test: async (at) => at.read(await request(at, JSON.stringify({ type: "test", message: "Tributary tries this address. Nothing has happened." }), `test-${at.parts.nowMs()}`)),
});

function request(at: At | Sending, body: string, idempotencyKey: string) {
  const { url, method, headers } = at.settings;
  const timestamp = String(Math.floor(at.parts.nowMs() / 1000));
  const signature = signatureOf(at.settings, timestamp, body);
  return at.fetch({
    method: method === "PUT" ? "PUT" : "POST", url: String(url), body,
    headers: {
      ...(isRecord(headers) ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])) : {}),
      "content-type": "application/json",
      [idempotencyHeader]: idempotencyKey,
      ...(signature === "" ? {} : { [timestampHeader]: timestamp, [signatureHeader]: signature }),
    },
  });
}

function signatureOf({ secret, previousSecret }: Readonly<Record<string, unknown>>, timestamp: string, body: string): string {
  return webhookSignature([secret, previousSecret].filter((one): one is string => typeof one === "string" && one !== ""), timestamp, body);
}

/** The same for the same items in the same order. */
export function keyOfBatch(items: readonly SendItem[]): string {
  return hash("sha256", JSON.stringify(items.map((item) => item.idempotencyKey)), "hex");
}

function urlProblems(url: unknown): FieldProblem[] {
  if (typeof url !== "string" || url === "") return [];
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== "https:" && parsed.protocol !== "http:")) return [{ field: "url", problem: "An address begins with https:// or http://." }];
  return parsed.username !== "" || parsed.password !== "" ? [{ field: "url", problem: "Names and passwords go into a header: Authorization." }] : [];
}

/** Set by us, or by the connection. */
const ownHeaders = [signatureHeader, timestampHeader, idempotencyHeader, "content-type", "content-length", "host", "connection", "transfer-encoding"];

function headerProblems(headers: unknown): FieldProblem[] {
  if (!isRecord(headers)) return [];
  return Object.entries(headers).flatMap(([name, value]) => {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return [{ field: "headers", problem: `${JSON.stringify(name)} is no name of a header.` }];
    if (ownHeaders.includes(name.toLowerCase())) return [{ field: "headers", problem: `${name} is set by us.` }];
    if (typeof value === "object" || /[^\t\x20-\x7e\x80-\xff]/.test(String(value))) return [{ field: "headers", problem: `The value of ${name} can't stand in a header.` }];
    return [];
  });
}
