// Cuts secrets out of what is recorded of an exchange: given values in every form in which they travel (as they are, in URLs,
// in forms, JSON, XML, base64 and hexadecimal), and what a header, parameter or field is called that holds one.

/** Stands for what was cut out. */
export const cutOut = "[cut out]";

/** Shorter values would cut up every text; nobody should have such a secret. */
const SECRET_LENGTH_MIN = 6;

const secretHeader = /authorization|cookie|token|secret|password|credential|(^|[-_])auth($|[-_])|api-?_?key|access-?_?key|subscription-?_?key|^x-.*-key$/i;
const secretName = "access_?token|refresh_?token|id_?token|auth_?token|client_?secret|client_?assertion|api_?secret|api_?key|private_?key|app_?secret|password|passwd|secret";
/** In addresses short names are usual, too. */
const secretParameter = new RegExp(`([?&;](?:${secretName}|token|key|sig|signature|code|hapikey|x-amz-(?:signature|credential|security-token))=)[^&;#\\s"']+`, "gi");
/** To the end where the text breaks off within the value. */
const secretField = new RegExp(`("(?:${secretName})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"?`, "gi");
const secretFormField = new RegExp(`((?:^|&)(?:${secretName})=)[^&\\s]+`, "gi");

export interface SecretCutter {
  /** How far the longest form of a secret reaches: who cuts a text shorter looks at so much more of it first. */
  readonly reach: number;
  /** Of texts longer than `charactersMax` the rest is left out, and no part of a secret is left at the cut. */
  text(text: string, charactersMax?: number): string;
  url(url: string): string;
  headers(headers: Readonly<Record<string, string>>): Record<string, string>;
}

/** All texts within settings that may be secrets. */
export function secretTexts(value: unknown): string[] {
  if (typeof value === "string") return value.length >= SECRET_LENGTH_MIN ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(secretTexts);
}

/** Those made last: each request asks for one, and a destination's secrets seldom change. */
const made = new Map<string, SecretCutter>();
const MADE_MAX = 100;

/** `secrets`: values; those shorter than six characters are passed over. */
export function createSecretCutter(secrets: readonly string[]): SecretCutter {
  const key = JSON.stringify(secrets);
  const cutter = made.get(key) ?? makeSecretCutter(secrets);
  made.delete(key);
  made.set(key, cutter);
  for (const oldest of made.keys()) if (made.size > MADE_MAX) made.delete(oldest);
  return cutter;
}

function makeSecretCutter(secrets: readonly string[]): SecretCutter {
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const pattern = forms.length === 0 ? undefined : new RegExp(forms.map((form) => RegExp.escape(form)).join("|"), "g");
  const withoutValues = (text: string, end: number): string => {
    if (!pattern) return text.slice(0, end);
    let out = "";
    let at = 0;
    // By where they stand in the whole text, so that the cut never goes through one.
    for (const match of text.matchAll(pattern)) {
      if (match.index >= end) break;
      out += text.slice(at, match.index) + cutOut;
      at = match.index + match[0].length;
    }
    return out + text.slice(at, Math.max(at, end));
  };
  return {
    reach: forms[0]?.length ?? 0,
    text(text, charactersMax = text.length) {
      return withoutValues(text, charactersMax).replace(secretField, `$1"${cutOut}"`).replace(secretFormField, `$1${cutOut}`);
    },
    url: (url) => withoutValues(url, url.length).replace(/(\/\/)[^/?#@\s]*@/, `$1${cutOut}@`).replace(secretParameter, `$1${cutOut}`),
    headers: (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) =>
      [name, secretHeader.test(name) ? cutOut : withoutValues(value, value.length).replace(secretParameter, `$1${cutOut}`)])),
  };
}

/** Every form in which a value travels. */
function formsOf(secret: string): string[] {
  if (secret.length < SECRET_LENGTH_MIN) return [];
  const encoded = encodeURIComponent(secret.toWellFormed());
  const strict = encoded.replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const inForms = new URLSearchParams([["", secret]]).toString().slice(1);
  const inUrls = [encoded, strict, inForms, strict.replaceAll("%20", "+"), encoded.replaceAll("%20", "+"), encodeURI(secret.toWellFormed())];
  const inJson = JSON.stringify(secret).slice(1, -1);
  const asciiJson = inJson.replaceAll(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const inXml = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const hex = Buffer.from(secret).toString("hex");
  return [
    secret, ...inUrls, ...inUrls.map(lowerHex), ...inUrls.map(encodeURIComponent),
    inJson, asciiJson, inJson.replaceAll("/", "\\/"), JSON.stringify(inJson).slice(1, -1), JSON.stringify(asciiJson).slice(1, -1),
    inXml, inXml.replaceAll('"', "&quot;"), inXml.replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
    hex, hex.toUpperCase(), ...base64Forms(secret),
  ];
}

const lowerHex = (text: string): string => text.replaceAll(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());

/**
 * What is the same of a value's base64 wherever in a longer text it stands, as `user:secret` does: for each of three places the
 * characters that no neighbour shares.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    const own = text.slice(from, to);
    return [own, own.replaceAll("+", "-").replaceAll("/", "_"), encodeURIComponent(own)];
  });
}
