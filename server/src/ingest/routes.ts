// Which request is collection's, and what it is. The table holds every path that an SDK of the field calls, and the
// aliases that come from hosts written carelessly into an SDK's settings. Trailing and doubled slashes never matter.
import type { IncomingMessage } from "node:http";

export type Route =
  /** One event, of the type that the path says. */
  | { readonly kind: "single"; readonly type: string }
  /** Several events, or one that says its type itself. */
  | { readonly kind: "batch" }
  /** Taken and thrown away: metrics that SDKs send about themselves, and the like. */
  | { readonly kind: "discard"; readonly answer: "success" | "empty" }
  | { readonly kind: "pixel"; readonly type: string }
  | { readonly kind: "settings"; readonly writeKey: string }
  | { readonly kind: "source_config" }
  | { readonly kind: "library"; readonly writeKey: string }
  | { readonly kind: "library_bundle"; readonly file: string }
  | { readonly kind: "jitsu_library" }
  | { readonly kind: "version" }
  | { readonly kind: "robots" }
  | { readonly kind: "preflight"; readonly methods: string }
  | { readonly kind: "wrong_method"; readonly methods: string };

const letters: Readonly<Record<string, string>> = { t: "track", i: "identify", p: "page", s: "screen", g: "group", a: "alias" };
const types = ["track", "identify", "page", "screen", "group", "alias", "merge"];

const batch: Route = { kind: "batch" };

/** Paths that take a POST. */
const posts = new Map<string, Route>([
  ...["/v1/b", "/v1/batch", "/v1/import", "/v1/batch/b", "/v1/batch/batch", "/b", "/batch", "/import", "/beacon/v1/batch",
    "/api/s/batch", "/api/s/s2s/batch", "/api/s/event", "/api/s/s2s/event",
    "/api/v1/event", "/api/v1/events", "/api/v1/s2s/event", "/api/v1/s2s/events"].map((path) => [path, batch] as const),
  ...types.flatMap((type) => ["/v1/", "/", "/api/s/", "/api/s/s2s/"].map((prefix) => [prefix + type, { kind: "single", type }] as const)),
  ...Object.entries(letters).flatMap(([letter, type]) =>
    ["/v1/", "/", "/v1/batch/"].map((prefix) => [prefix + letter, { kind: "single", type }] as const)),
  ["/v1/m", { kind: "discard", answer: "success" }],
  ["/v1/attribution", { kind: "discard", answer: "empty" }],
  // RudderStack's server-side cookies: to set cookies that a body names would let any page plant ours, so none are set and
  // the SDK, which looks whether they arrived, sets them itself.
  ["/rsaRequest", { kind: "discard", answer: "empty" }],
  ["/rsaMetrics", { kind: "discard", answer: "success" }],
]);

const gets = new Map<string, Route>([
  ...types.flatMap((type) => ["/pixel/v1/", "/v1/pixel/", "/api/px/"].map((prefix) => [prefix + type, { kind: "pixel", type }] as const)),
  ["/sourceConfig", { kind: "source_config" }],
  ["/p.js", { kind: "jitsu_library" }],
  ["/version", { kind: "version" }],
  ["/robots.txt", { kind: "robots" }],
]);

const settingsPath = /^(?:\/v1|\/v1\/projects)?\/projects\/([^/]{1,512})\/settings$/;
const libraryPath = /^\/analytics\.js\/v1\/([^/]{1,512})\/(?:platform\/)?analytics(?:\.min)?\.js$/;
const bundlePath = /^\/analytics-next\/bundles\/([\w.-]{1,128})$/;

/** What a request is to collection; undefined when it belongs to somebody else. `path` is without the query. */
export function routeOf(request: Pick<IncomingMessage, "method" | "headers">, path: string): Route | undefined {
  const method = request.method ?? "GET";
  const post = posts.get(path);
  if (post && method === "POST") return post;
  const tidy = tidyPath(path);
  const isPost = posts.has(tidy);
  const get = gets.get(tidy) ?? getByPattern(tidy);
  if (!isPost && !get) return undefined;
  if (method === "POST" && isPost) return posts.get(tidy);
  if ((method === "GET" || method === "HEAD") && get) return get;
  const methods = isPost ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
  // Outside /v1 the same paths may be pages of the console or resources of the API by other methods.
  const isOurs = tidy.startsWith("/v1/") || get !== undefined;
  if (method === "OPTIONS") {
    const asked = request.headers["access-control-request-method"];
    return isOurs || asked === "POST" ? { kind: "preflight", methods } : undefined;
  }
  return isOurs ? { kind: "wrong_method", methods } : undefined;
}

function getByPattern(path: string): Route | undefined {
  const settings = settingsPath.exec(path);
  if (settings?.[1]) return { kind: "settings", writeKey: decoded(settings[1]) };
  const library = libraryPath.exec(path);
  if (library?.[1]) return { kind: "library", writeKey: decoded(library[1]) };
  const bundle = bundlePath.exec(path);
  if (bundle?.[1]) return { kind: "library_bundle", file: bundle[1] };
  return undefined;
}

function tidyPath(path: string): string {
  const single = path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
  return single.length > 1 && single.endsWith("/") ? single.slice(0, -1) : single;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** All paths of the table, for tests and for documentation. */
export const collectionPaths: readonly { readonly method: "POST" | "GET"; readonly path: string; readonly route: Route }[] = [
  ...[...posts].map(([path, route]) => ({ method: "POST", path, route }) as const),
  ...[...gets].map(([path, route]) => ({ method: "GET", path, route }) as const),
];
