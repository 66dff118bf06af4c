// Addresses of pages, for those who may not see who looked at them: which page it was stays, what could say who it was goes.
// Values of the query, the fragment and user names are hidden always; parts of the path when they look like somebody's
// address, number or id.

const HIDDEN = "•••";

/** Parameters that say where a visit came from. */
const harmlessParameters = new Set(["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"]);

/** A whole address, a path, or a query by itself. */
export function maskUrl(text: string): string {
  const [, address = "", query, fragment] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text) ?? [];
  const [, origin = "", path = ""] = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)?(.*)$/is.exec(address) ?? [];
  return `${maskOrigin(origin)}${maskPath(path)}${query === undefined ? "" : maskQuery(query)}${fragment === undefined || fragment === "#" ? "" : `#${HIDDEN}`}`;
}

function maskOrigin(origin: string): string {
  const at = origin.lastIndexOf("@");
  return at === -1 ? origin : `${origin.slice(0, origin.indexOf("//") + 2)}${HIDDEN}${origin.slice(at)}`;
}

function maskPath(path: string): string {
  // `mailto:` and the like have no path to tell apart from whom they name.
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return `${path.slice(0, path.indexOf(":") + 1)}${HIDDEN}`;
  return path.split("/").map((part) => (isTelling(decoded(part)) ? HIDDEN : part)).join("/");
}

function maskQuery(query: string): string {
  const parameters = query.slice(1).split("&").map((parameter) => {
    const equals = parameter.indexOf("=");
    const name = equals === -1 ? parameter : parameter.slice(0, equals);
    if (isTelling(decoded(name))) return HIDDEN;
    if (equals === -1 || equals === parameter.length - 1 || harmlessParameters.has(name)) {
      return harmlessParameters.has(name) && isTelling(decoded(parameter.slice(equals + 1))) ? `${name}=${HIDDEN}` : parameter;
    }
    return `${name}=${HIDDEN}`;
  });
  return `?${parameters.join("&")}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** An e-mail address, a number of five digits or more, or a token: long, and of letters and digits mixed or of hex alone. */
function isTelling(part: string): boolean {
  if (/@|\d[\d\s().+-]{3,}\d/.test(part)) return true;
  return part.split(/[._~,;-]/).some((word) => word.length >= 10 && /\d/.test(word) && /\p{L}/u.test(word)) || /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(part);
}
