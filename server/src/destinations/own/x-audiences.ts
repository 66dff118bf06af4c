// Custom audiences of X: people added and removed by their hashed identifiers, in order, several with one request, which X takes whole or
// not at all.
import { isRecord } from "@tributary/schema/is-record.ts";
import type { Outcome, SendItem } from "../destination.ts";
import { allOrNothing } from "./all-or-nothing.ts";
import { isMember, listOf, noList, unknownMembership } from "./audience-membership.ts";
import { defineDestination, type At, type OwnAction } from "./define-destination.ts";
import { excludeConverted } from "./exclude-converted.ts";
import { eachOf, hashedEmail, hashedPhone } from "./hashed-identifiers.ts";
import { authorizationOf } from "./oauth1.ts";
import { outcomeOf, parsedJson, saidIn } from "./outcome-of.ts";

const API = "https://ads-api.x.com/12";

const sync: OwnAction = {
  definition: {
    key: "sync_audience", name: "Sync an audience", description: "Adds those who enter and removes those who leave.",
    fields: [
      { key: "email", label: "E-mail addresses", type: "string", isMultiple: true, isHashed: true, default: { "@path": "$.context.traits.email" } },
      { key: "phone", label: "Phone numbers", type: "string", isMultiple: true, isHashed: true, description: "With + and the country's code." },
      { key: "partnerUserId", label: "Your user id", type: "string", description: "Only with X's own matching of ids; it is not hashed." },
    ],
    batch: { sizeMax: 2_500, bytesMax: 4_000_000, keys: [] },
  },
  check: ({ email, phone, partnerUserId }) => (eachOf(email, hashedEmail).length > 0 || eachOf(phone, hashedPhone).length > 0 || (typeof partnerUserId === "string" && partnerUserId !== "")
    ? [] : [{ field: "email", problem: "There is no e-mail address, no phone number with its country and no user id." }]),
  async send(at) {
    const list = listOf(at.request.audience, "audienceId");
    if (list === undefined) return noList;
    const told = at.items.filter((item) => isMember(item, at.request) !== undefined);
    const sent = told.length === 0 ? [] : await allOrNothing(told, async (items) => {
      const operations = items.map((item) => ({ operation_type: isMember(item, at.request) === true ? "Update" : "Delete", params: { users: [userOf(item)] } }));
      return taken(at, await ask(at, `/accounts/${accountOf(at)}/custom_audiences/${encodeURIComponent(list)}/users`, operations), items.length);
    });
    let next = 0;
    return at.items.map((item) => (isMember(item, at.request) === undefined ? unknownMembership : sent[next++] ?? unknownMembership));
  },
};

export const xAudiences = defineDestination({
  slug: "x-audiences",
  name: "X Ads audiences",
  description: "Keeps custom audiences of X in step with yours.",
  category: "ads",
  notes: ["Written from X's documentation; X itself was not called.", "X asks for an app with access to its Ads API."],
  authentication: "key",
  isStatusAll: false,
  isForbiddenOfAccount: true,
  settings: [
    { key: "accountId", label: "Ads account", type: "string", required: true },
    { key: "consumerKey", label: "API key", type: "string", required: true },
    { key: "consumerSecret", label: "API key secret", type: "password", required: true },
    { key: "accessToken", label: "Access token", type: "password", required: true },
    { key: "accessTokenSecret", label: "Access token secret", type: "password", required: true },
  ],
  audience: { settings: [], isCreated: true },
  actions: [sync],
  presets: [excludeConverted("sync_audience", { email: { "@path": "$.context.traits.email" } })],
  check: ({ accountId }) => (typeof accountId === "string" && accountId !== "" && !/^[a-z0-9]{1,20}$/i.test(accountId) ? [{ field: "accountId", problem: "An account's id has letters and digits only." }] : []),
  test: async (at) => {
    const reply = await ask(at, `/accounts/${accountOf(at)}`, undefined);
    return reply.status === 200 && parsedJson(reply.body) === undefined ? unread : at.read(reply);
  },
  async createAudience(at, { name }) {
    const reply = await ask(at, `/accounts/${accountOf(at)}/custom_audiences?name=${encodeURIComponent(name.toWellFormed())}`, undefined, "POST");
    const answer = parsedJson(reply.body);
    const data = isRecord(answer) ? answer["data"] : undefined;
    const id = isRecord(data) ? data["id"] : undefined;
    if (reply.status < 300 && typeof id === "string") return id;
    return reply.status < 300 ? unread : at.read(reply);
  },
  /** X empties no list: one that we made is taken away. */
  async emptyAudience(at, { externalId }) {
    if (externalId === undefined) return { outcome: noList, isGone: false };
    const reply = await ask(at, `/accounts/${accountOf(at)}/custom_audiences/${encodeURIComponent(externalId)}`, undefined, "DELETE");
    // Gone already is gone.
    return { outcome: reply.status === 404 ? { kind: "delivered", status: 404 } : at.read(reply), isGone: true };
  },
});

const unread: Outcome = { kind: "retry", code: "reply_broken", detail: "X's answer can't be read.", isOfDestination: false };
const accountOf = ({ settings }: At): string => encodeURIComponent(String(settings["accountId"]));

function userOf({ payload }: SendItem) {
  const [email, phone] = [eachOf(payload["email"], hashedEmail), eachOf(payload["phone"], hashedPhone)];
  const id = payload["partnerUserId"];
  return { ...(email.length > 0 ? { email } : {}), ...(phone.length > 0 ? { phone_number: phone } : {}), ...(typeof id === "string" && id !== "" ? { partner_user_id: [id.toWellFormed()] } : {}) };
}

/** X counts what it took: with any other count than ours, nothing is known. */
function taken(at: At, reply: Awaited<ReturnType<At["fetch"]>>, count: number): Outcome {
  const answer = parsedJson(reply.body);
  const data = isRecord(answer) ? answer["data"] : undefined;
  if (reply.status === 200 && !(isRecord(data) && data["success_count"] === count && data["total_count"] === count)) return unread;
  return outcomeOf(reply, { nowMs: at.parts.nowMs(), said: at.clean(saidIn(reply.body)), isForbiddenOfAccount: true });
}

function ask(at: At, path: string, body: unknown, method: "GET" | "POST" | "DELETE" = body === undefined ? "GET" : "POST") {
  const { consumerKey, consumerSecret, accessToken, accessTokenSecret } = at.settings;
  const url = new URL(`${API}${path}`);
  const key = { consumerKey: String(consumerKey), consumerSecret: String(consumerSecret), token: String(accessToken), tokenSecret: String(accessTokenSecret) };
  return at.fetch({
    method, url: url.href, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), authorization: authorizationOf({ method, url, key, atMs: at.parts.nowMs() }) },
  });
}
