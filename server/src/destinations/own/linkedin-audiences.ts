// Matched audiences of LinkedIn: people added and removed by their hashed e-mail addresses, in order; LinkedIn answers for each of them.
import { isRecord } from "@tributary/schema/is-record.ts";
import type { Outcome, SendItem } from "../destination.ts";
import { isMember, listOf, noList, unknownMembership } from "./audience-membership.ts";
import { defineDestination, type At, type OwnAction } from "./define-destination.ts";
import { excludeConverted } from "./exclude-converted.ts";
import { eachOf, hashedEmail } from "./hashed-identifiers.ts";
import { outcomeOf, parsedJson } from "./outcome-of.ts";

const API = "https://api.linkedin.com/rest";

const sync: OwnAction = {
  definition: {
    key: "sync_audience", name: "Sync an audience", description: "Adds those who enter and removes those who leave.",
    fields: [
      { key: "email", label: "E-mail addresses", type: "string", isMultiple: true, isHashed: true, required: true, default: { "@path": "$.context.traits.email" } },
      { key: "firstName", label: "First name", type: "string" }, { key: "lastName", label: "Last name", type: "string" },
      { key: "title", label: "Job title", type: "string" }, { key: "company", label: "Company", type: "string" },
      { key: "country", label: "Country", type: "string", description: "Two letters, as DE." },
    ],
    batch: { sizeMax: 1_000, bytesMax: 2_000_000, keys: [] },
  },
  check: ({ email }) => (eachOf(email, hashedEmail).length > 0 ? [] : [{ field: "email", problem: "There is no e-mail address." }]),
  async send(at) {
    const list = listOf(at.request.audience, "segmentId");
    if (list === undefined) return noList;
    const told = at.items.filter((item) => isMember(item, at.request) !== undefined);
    if (told.length === 0) return at.items.map(() => unknownMembership);
    const elements = told.map((item) => elementOf(item, isMember(item, at.request) === true));
    const sent = outcomesOf(at, await ask(at, `/dmpSegments/${encodeURIComponent(list)}/users`, { elements }, { "x-restli-method": "BATCH_CREATE" }), told.length);
    let next = 0;
    return at.items.map((item) => (isMember(item, at.request) === undefined ? unknownMembership : sent[next++] ?? unread));
  },
};

export const linkedinAudiences = defineDestination({
  slug: "linkedin-matched-audiences",
  name: "LinkedIn Matched Audiences",
  description: "Keeps matched audiences of LinkedIn in step with yours, under an app of your own.",
  category: "ads",
  notes: ["Written from LinkedIn's documentation; LinkedIn itself was not called.", "LinkedIn must have approved your app for its Audiences program."],
  authentication: "oauth2",
  availability: { kind: "own_app", provider: "linkedin", needs: "An app of your own that LinkedIn approved for the scope rw_dmp_segments." },
  isStatusAll: false,
  isForbiddenOfAccount: true,
  settings: [
    { key: "adAccountId", label: "Ad account", type: "string", required: true, placeholder: "123456789" },
    { key: "sourcePlatform", label: "Source platform", type: "string", required: true, description: "The name that LinkedIn gave your app." },
    { key: "apiVersion", label: "Version of the API", type: "string", required: true, default: "202606", description: "Year and month; LinkedIn ends each after about a year." },
  ],
  audience: { settings: [], isCreated: true },
  actions: [sync],
  presets: [excludeConverted("sync_audience", { email: { "@path": "$.context.traits.email" } })],
  check: ({ adAccountId, apiVersion, sourcePlatform }) => [
    ...(typeof adAccountId === "string" && adAccountId !== "" && !/^\d{1,20}$/.test(adAccountId) ? [{ field: "adAccountId", problem: "An account's number has digits only." }] : []),
    ...(typeof apiVersion === "string" && apiVersion !== "" && !/^20\d{4}$/.test(apiVersion) ? [{ field: "apiVersion", problem: "A version is a year and a month: 202606." }] : []),
    ...(typeof sourcePlatform === "string" && sourcePlatform !== "" && !/^\w{1,60}$/.test(sourcePlatform) ? [{ field: "sourcePlatform", problem: "It has letters, digits and _ only." }] : []),
  ],
  async createAudience(at, { name }) {
    const { adAccountId, sourcePlatform } = at.settings;
    const reply = await ask(at, "/dmpSegments", {
      accessPolicy: "PRIVATE", account: `urn:li:sponsoredAccount:${String(adAccountId)}`, destinations: [{ destination: "LINKEDIN" }], name: name.toWellFormed(), sourcePlatform: String(sourcePlatform), type: "USER",
    });
    const id = reply.headers["x-restli-id"];
    if (reply.status === 201 && id !== undefined && /^\d+$/.test(id)) return id;
    return reply.status < 300 ? unread : at.read(reply);
  },
  /** LinkedIn empties no list: one that we made is taken away. */
  async emptyAudience(at, { externalId }) {
    if (externalId === undefined) return { outcome: noList, isGone: false };
    const reply = await ask(at, `/dmpSegments/${encodeURIComponent(externalId)}`, undefined, { "x-restli-method": "DELETE" }, "DELETE");
    // Gone already is gone.
    return { outcome: reply.status === 404 ? { kind: "delivered", status: 404 } : at.read(reply), isGone: true };
  },
});

const unread: Outcome = { kind: "retry", code: "reply_broken", detail: "LinkedIn's answer can't be read.", isOfDestination: false };

function elementOf({ payload }: SendItem, isIn: boolean) {
  const { firstName, lastName, title, company, country } = payload;
  const more = Object.entries({ firstName, lastName, title, company, country }).filter(([, value]) => typeof value === "string" && value !== "").map(([key, value]) => [key, String(value).toWellFormed()] as const);
  return { action: isIn ? "ADD" : "REMOVE", userIds: eachOf(payload["email"], hashedEmail).map((idValue) => ({ idType: "SHA256_EMAIL", idValue })), ...Object.fromEntries(more) };
}

/** One status for each, in order. */
function outcomesOf(at: At, reply: Awaited<ReturnType<At["fetch"]>>, count: number): Outcome[] {
  const whole = at.read(reply);
  if (whole.kind !== "delivered") return Array.from({ length: count }, () => whole);
  const answer = parsedJson(reply.body);
  const elements: readonly unknown[] = isRecord(answer) && Array.isArray(answer["elements"]) ? answer["elements"] : [];
  return Array.from({ length: count }, (_, index): Outcome => {
    const element = elements[index];
    const status = isRecord(element) ? element["status"] : undefined;
    if (!isRecord(element) || typeof status !== "number") return unread;
    const message = isRecord(element["error"]) ? element["error"]["message"] : element["message"];
    return outcomeOf({ status, headers: {} }, { nowMs: at.parts.nowMs(), said: typeof message === "string" ? at.clean(message) : "" });
  });
}

function ask(at: At, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}, method: "POST" | "DELETE" = "POST") {
  return at.fetch({
    method, url: `${API}${path}`, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }), "linkedin-version": String(at.settings["apiVersion"]), "x-restli-protocol-version": "2.0.0", ...headers,
      authorization: `Bearer ${at.connection.oauth?.accessToken ?? ""}`,
    },
  });
}
