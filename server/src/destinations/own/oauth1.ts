// OAuth 1.0a, signed with HMAC-SHA1 as RFC 5849 says: what the API of X's advertising still asks for.
import { createHmac, randomBytes } from "node:crypto";
import { awsEncoded as encoded } from "../../outbound/outbound.ts";

export interface OAuth1Key {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
}

export interface OAuth1Request {
  readonly method: string;
  readonly url: URL;
  readonly key: OAuth1Key;
  readonly atMs: number;
  readonly nonce?: string;
  /** Of a form; a JSON body is not signed. */
  readonly form?: Readonly<Record<string, string>>;
}

/** The value of the Authorization header. */
export function authorizationOf({ method, url, key, atMs, nonce = randomBytes(16).toString("hex"), form = {} }: OAuth1Request): string {
  const oauth: Readonly<Record<string, string>> = {
    oauth_consumer_key: key.consumerKey, oauth_nonce: nonce, oauth_signature_method: "HMAC-SHA1", oauth_timestamp: String(Math.floor(atMs / 1000)), oauth_token: key.token, oauth_version: "1.0",
  };
  const pairs = [...Object.entries(oauth), ...url.searchParams, ...Object.entries(form)].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
  const base = [method.toUpperCase(), `${url.origin}${url.pathname}`, pairs.join("&")].map(encoded).join("&");
  const signature = createHmac("sha1", `${encoded(key.consumerSecret)}&${encoded(key.tokenSecret)}`).update(base).digest("base64");
  return `OAuth ${Object.entries({ ...oauth, oauth_signature: signature }).sort().map(([name, value]) => `${name}="${encoded(value)}"`).join(", ")}`;
}
