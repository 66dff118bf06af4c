// Jitsu's classic events (`event_type`, `eventn_ctx`, `user`) in Segment's words, so that old trackers keep working.
// Everything that has no counterpart stays among the properties.
import { firstText, isPlainObject, objectOf, textOf, type PlainObject } from "./read-field.ts";

export function isClassicJitsu(payload: PlainObject): boolean {
  return payload["type"] === undefined && typeof payload["event_type"] === "string" && payload["event"] === undefined;
}

const consumed = new Set(["event_type", "eventn_ctx", "user", "api_key", "src", "user_agent", "utc_time", "source_ip"]);

export function fromClassicJitsu(payload: PlainObject): PlainObject {
  const nested = payload["eventn_ctx"];
  const context = isPlainObject(nested) ? nested : payload;
  const user = objectOf(context["user"] ?? payload["user"]);
  const name = textOf(payload["event_type"]);
  const type = name === "pageview" || name === "page" ? "page" : name === "user_identify" || name === "identify" ? "identify" : "track";
  const own: PlainObject = {};
  for (const [key, value] of Object.entries(payload)) {
    if (!consumed.has(key) && (isPlainObject(nested) || !contextKeys.has(key))) own[key] = value;
  }
  const traits: PlainObject = {};
  for (const [key, value] of Object.entries(user)) {
    if (key !== "id" && key !== "anonymous_id" && key !== "internal_id") traits[key] = value;
  }
  return {
    type,
    ...(type === "track" ? { event: name } : {}),
    messageId: firstText(context["event_id"], payload["eventn_ctx_event_id"]),
    userId: firstText(user["id"], user["internal_id"]),
    anonymousId: textOf(user["anonymous_id"]),
    timestamp: context["utc_time"],
    ...(type === "identify" ? { traits: { ...traits, ...own } } : { properties: own }),
    context: {
      ...(type === "identify" ? {} : { traits }),
      ip: payload["source_ip"],
      userAgent: context["user_agent"],
      locale: context["user_language"],
      page: { url: context["url"], path: context["doc_path"], search: context["doc_search"], referrer: context["referer"] },
      campaign: objectOf(context["utm"]),
    },
  };
}

/** Where old trackers write the context beside the event's own fields. */
const contextKeys = new Set([
  "event_id", "eventn_ctx_event_id", "user_agent", "utc_time", "local_tz_offset", "referer", "url", "page_title",
  "doc_path", "doc_host", "doc_search",
  "doc_encoding", "screen_resolution", "vp_size", "user_language", "utm", "click_id", "ids",
]);
