// The app that a workspace registered with a vendor, as settings of the destination: who it is, and where its tokens come from. The addresses
// that we know can be put right here; those that we don't know are asked for.
import type { Field } from "@tributary/schema/destination/definition.ts";
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import type { Connection } from "../destination.ts";
import { vendorOf, type OAuthVendor } from "./vendors.ts";

type Settings = Readonly<Record<string, unknown>>;

export const appKeys = { clientId: "oauth_client_id", clientSecret: "oauth_client_secret", scopes: "oauth_scopes", authorizeUrl: "oauth_authorize_url", tokenUrl: "oauth_token_url" } as const;
const allKeys: ReadonlySet<string> = new Set(Object.values(appKeys));

const ADDRESS_LENGTH_MAX = 2_000;

/** Empty where nobody signs in. */
export function appFields(slug: string): Field[] {
  const vendor = vendorOf(slug, {});
  if (vendor === undefined) return [];
  const field = (key: string, label: string, description: string, more: Partial<Field> = {}): Field => ({
    key, label, description, type: "string", required: false, isMultiple: false, isDynamic: false, isHidden: false, isHashed: false, takesMore: false, ...more,
  });
  const known = (url: string | undefined, what: string): Partial<Field> & { readonly description: string } =>
    url === undefined ? { description: `${what} It is not known here: take it from their documentation.` } : { description: `${what} Empty: ${url}`, placeholder: url };
  const authorize = known(vendor.authorizeUrl, "Where people sign in and agree.");
  const token = known(vendor.tokenUrl, "Where a code is changed for tokens, and tokens are renewed.");
  return [
    field(appKeys.clientId, "Client id of your app", `Of the app that you registered with ${vendor.name}.`),
    field(appKeys.clientSecret, "Client secret of your app", "", { type: "password" }),
    field(appKeys.scopes, "Scopes", `What the app may do, with spaces between.${vendor.scopes.length === 0 ? "" : ` Empty: ${vendor.scopes.join(" ")}`}`),
    field(appKeys.authorizeUrl, "Address to sign in at", authorize.description, { ...authorize }),
    field(appKeys.tokenUrl, "Address of tokens", token.description, { ...token }),
  ];
}

/** Problems that can be seen without the network. */
export function appProblems(settings: Settings): FieldProblem[] {
  return [appKeys.authorizeUrl, appKeys.tokenUrl].flatMap((field) => {
    const value = textOf(settings[field]);
    return value === undefined || isGoodAddress(value) ? [] : [{ field, problem: "This is no address that begins with https://." }];
  });
}

/** It is opened in a browser, and gets secrets: nothing but HTTPS, or HTTP on this machine. */
function isGoodAddress(text: string): boolean {
  if (text.length > ADDRESS_LENGTH_MAX || !URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || url.hash !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname));
}

export interface OAuthApp extends OAuthVendor {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What is missing, in words, where it is not whole. Undefined: nobody signs in for it. */
export function appOf(slug: string, settings: Settings): { readonly app: OAuthApp; readonly missing: readonly string[] } | undefined {
  const vendor = vendorOf(slug, settings);
  if (vendor === undefined) return undefined;
  const [clientId, clientSecret, scopes] = [appKeys.clientId, appKeys.clientSecret, appKeys.scopes].map((key) => textOf(settings[key]));
  const app: OAuthApp = {
    ...vendor, clientId: clientId ?? "", clientSecret: clientSecret ?? "", scopes: scopes?.split(/[\s,]+/) ?? vendor.scopes,
    authorizeUrl: textOf(settings[appKeys.authorizeUrl]) ?? vendor.authorizeUrl, tokenUrl: textOf(settings[appKeys.tokenUrl]) ?? vendor.tokenUrl,
  };
  const needed: readonly (readonly [string, string | undefined])[] = [
    ["the client id", clientId], ["the client secret", clientSecret], ["the address to sign in at", app.authorizeUrl], ["the address of tokens", app.tokenUrl],
  ];
  return { app, missing: needed.filter(([, value]) => value === undefined).map(([what]) => what) };
}

/** As destinations are handed it. */
export function connectionApp(settings: Settings): Pick<Connection, "app"> {
  const [clientId, clientSecret] = [textOf(settings[appKeys.clientId]), textOf(settings[appKeys.clientSecret])];
  return clientId === undefined || clientSecret === undefined ? {} : { app: { clientId, clientSecret } };
}

/** What a vendor's own code knows of. */
export function withoutApp(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !allKeys.has(key)));
}

/** Which app, and where its tokens come from: tokens are of no use to any other, and must not be sent to one. */
export function appIdentity({ clientId, tokenUrl }: Pick<OAuthApp, "clientId" | "tokenUrl">): string {
  return JSON.stringify([clientId, tokenUrl ?? ""]);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
