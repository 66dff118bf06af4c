// Segment's name stands in what the package sends: as user agent, as the name that a message is posted under, as the source of an
// event. It isn't Segment who sends, so it says our name wherever that is free to choose. What a vendor knows as an address or as the
// key of a partner stays as it is: there the word is part of the vendor's API. Values of events are never touched: only what stands
// at a place that the package itself fills.
export const ownName = "Tributary";

/** Fields whose default is Segment's name or picture. */
const nameFields = new Set(["username", "partner_name", "source", "event_origin", "app_id", "tracking_source", "client_name"]);
const pictureFields = new Set(["icon_url"]);

function fieldDefault(key: string, value: unknown): unknown {
  if (typeof value === "string" && pictureFields.has(key) && /segment/i.test(value)) return undefined;
  if (typeof value === "string" && nameFields.has(key) && /^segment/i.test(value)) return inSameCase(value);
  return value === undefined ? undefined : plain(value);
}

function inSameCase(value: string): string {
  if (value === value.toUpperCase()) return ownName.toUpperCase();
  return value === value.toLowerCase() ? ownName.toLowerCase() : ownName;
}

/** A copy that is JSON and nothing else. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/** Links into Segment's documents lead to advice about Segment's own pages. */
const text = (description: string): string => description.replaceAll(/\s*\[[^\]]*\]\(https?:\/\/(?:[\w.-]+\.)?segment\.com[^)]*\)\.?/g, "").trim();

const nameHeaders = new Set(["user-agent", "x-source", "x-integration-name", "x-client-name", "x-adzerk-sdk-version", "x-algolia-agent"]);

function header(name: string, value: string): string {
  return nameHeaders.has(name) && /segment/i.test(value) ? ownName : value;
}

/** Slug → where in its JSON bodies the package writes the name; `*`: each element of a list. */
const places: Readonly<Record<string, readonly string[]>> = {
  "airship": ["*.body.properties.source"],
  "altertable": ["properties.$lib"],
  "amplitude": ["events.*.library", "requester"],
  "angler-ai": ["src"],
  "avo": ["*.libPlatform"],
  "avo-v2": ["*.libPlatform"],
  "clevertap": ["d.*.source"],
  "koala": ["source"],
  "mixpanel": ["*.properties.$source", "*.properties.mp_lib", "properties.$source", "properties.mp_lib"],
  "optimizely-feature-experimentation-actions": ["client_name"],
  "pinterest-conversions": ["data.*.partner_name"],
  "reddit-conversions-api": ["partner", "data.partner"],
  "snap-conversions-api": ["data.*.integration"],
  "taboola-actions": ["integration_source"],
  "tiktok-app-events": ["partner_name"],
  "tiktok-conversions": ["partner_name"],
  "tiktok-conversions-sandbox": ["partner_name"],
  "tiktok-offline-conversions": ["partner_name"],
  "tiktok-offline-conversions-sandbox": ["partner_name"],
  "vwo": ["source", "integration", "d.visitor.props.source"],
};

/** Slug → the field of its forms that holds such JSON, and where in it. */
const formPlaces: Readonly<Record<string, { readonly field: string; readonly places: readonly string[] }>> = {
  "amplitude": { field: "identification", places: ["library", "*.library"] },
};

/** Segment's own spellings; `Segment Actions: library` keeps the library. */
const mark = /^(?:ss-)?(?:algolia-)?segment(?:\.com|\.cloud|-cloud|-integration)?(?: actions)?(: .*)?$/i;

/** Undefined: there is nothing to replace. */
function body(slug: string, bytes: Buffer): string | undefined {
  if (!bytes.includes("egment") && !bytes.includes("EGMENT")) return undefined;
  const text = bytes.toString("utf8");
  const form = formPlaces[slug];
  const inForm = form && !/^\s*[[{]/.test(text) ? new URLSearchParams(text) : undefined;
  if (!form || !inForm) return renamed(text, places[slug] ?? []);
  const value = renamed(inForm.get(form.field) ?? "", form.places);
  if (value === undefined) return undefined;
  inForm.set(form.field, value);
  return inForm.toString();
}

function renamed(json: string, where: readonly string[]): string | undefined {
  let parsed: unknown;
  try {
    parsed = where.length > 0 ? JSON.parse(json) : undefined;
  } catch {
    return undefined;
  }
  return where.filter((place) => renameAt(parsed, place.split("."))).length > 0 ? JSON.stringify(parsed) : undefined;
}

function renameAt(value: unknown, path: readonly string[]): boolean {
  const [key, ...rest] = path;
  if (typeof value !== "object" || value === null || key === undefined) return false;
  // All of them are renamed, not the first alone.
  if (key === "*") return Array.isArray(value) && value.filter((one) => renameAt(one, rest)).length > 0;
  const inner: unknown = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  if (rest.length > 0) return renameAt(inner, rest);
  const found = typeof inner === "string" ? mark.exec(inner) : undefined;
  if (!found) return false;
  const name = String(inner).split(":")[0] ?? "";
  return Reflect.set(value, key, inSameCase(name) + (found[1] ?? ""));
}

export const own = { fieldDefault, text, header, body };
