// Segment's name stands in what the package sends: as user agent, as the name that a message is posted under, as the source of an
// event. It isn't Segment who sends, so it says our name, wherever that is free to choose. What a vendor knows as an address or as
// the key of a partner stays as it is: there the word is part of the vendor's API.
export const ownName = "Tributary";

/** Fields whose default is Segment's name or picture. */
const nameFields = new Set(["username", "partner_name", "partnerName", "source", "lib", "library", "event_origin", "app_id", "tracking_source", "client_name"]);
const pictureFields = new Set(["icon_url", "iconUrl"]);

function fieldDefault(key: string, value: unknown): unknown {
  if (typeof value === "string" && pictureFields.has(key) && /segment/i.test(value)) return undefined;
  if (typeof value === "string" && nameFields.has(key) && /^segment/i.test(value)) return rename(value);
  return value === undefined ? undefined : plain(value);
}

const rename = (value: string): string => value === value.toUpperCase() ? ownName.toUpperCase() : value === value.toLowerCase() ? ownName.toLowerCase() : ownName;

/** A copy that is JSON and nothing else. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/** Links into Segment's documents lead to advice about Segment's own pages. */
const text = (description: string): string => description.replaceAll(/\s*\[[^\]]*\]\(https?:\/\/(?:[\w.-]+\.)?segment\.com[^)]*\)\.?/g, "").trim();

/** Keys of a body whose value may be Segment's name, and in what spelling. */
const bodyKeys = new Set([
  "$source", "partner_name", "partner", "partner_agent", "source", "src", "integration", "integration_source", "library", "$lib", "mp_lib", "libPlatform",
  "platform", "client_name", "eventSource", "requester", "data_source", "upload_tag", "channel", "username", "utm_source", "sdk", "producer",
]);
const marks = /^segment(?:\.com|\.cloud|[ -]?(?:actions|cloud|action|integration|events?))?(?: \(actions\))?(: .*)?$/i;

/** Of a JSON text: Segment's name replaced where it says who sends. Undefined: nothing to replace. */
function body(json: string): string | undefined {
  if (!/segment/i.test(json)) return undefined;
  let isChanged = false;
  const rewritten = parsed(json, (key, value) => {
    if (typeof value !== "string" || !bodyKeys.has(key)) return value;
    const found = marks.exec(value);
    if (!found) return value;
    isChanged = true;
    return rename(value.split(":")[0] ?? value) + (found[1] ?? "");
  });
  return isChanged && rewritten !== undefined ? JSON.stringify(rewritten) : undefined;
}

function parsed(json: string, revive: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(json, revive) as unknown;
  } catch {
    return undefined;
  }
}

export const own = { fieldDefault, text, body };
