// What is wrong with the TLS of a server, in words that say what to do about it: of databases, whose settings have "TLS" and "Certificates".
import { X509Certificate } from "node:crypto";

/** What Node and the clients say, in their codes or, where a client puts its own over them, in their words. */
const problems: readonly (readonly [says: RegExp, told: (who: string) => string])[] = [
  [/does not support (SSL|secure) connection|HANDSHAKE_NO_SSL_SUPPORT|error establishing an SSL/, (who) => `${who} speaks no TLS there. Switch it on at the server; without TLS, passwords and rows can be read on the way.`],
  [/ALTNAME_INVALID|HOSTNAME_MISMATCH|does not match certificate's altnames/, (who) => `${who} has a certificate of another name than its host has here. Name the host as its certificate does.`],
  [/CERT_HAS_EXPIRED|certificate has expired/, (who) => `${who} has a certificate that has expired.`],
  [/CERT_NOT_YET_VALID|certificate is not yet valid/, (who) => `${who} has a certificate that is not valid yet.`],
  [
    /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED|CERT_SIGNATURE|INVALID_CA|self[- ]signed certificate|unable to (get|verify)|certificate (not trusted|signature failure)/,
    (who) => `${who} has a certificate of an authority that is not trusted here. Give that authority's certificate under Certificates.`,
  ],
  [/CERT|TLS|SSL|EPROTO/, (who) => `${who} could not agree on TLS with us: it needs version 1.2 or later, and a certificate that can be trusted for its name.`],
];

/** Undefined: it is not about TLS. Of errors of a connection alone: what a server says later may be about anything. */
export function tlsProblem(who: string, error: unknown): string | undefined {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }; // Of whatever was thrown.
  const text = [code, message].filter((part) => typeof part === "string").join(" ");
  return problems.find(([says]) => says.test(text))?.[1](who);
}

/** Of certificates that are trusted, as they stand in settings; empty is no problem. */
export function certificatesProblem(text: unknown): string | undefined {
  if (typeof text !== "string" || text.trim() === "") return undefined;
  const all = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (all.length === 0) return "Certificates are given as PEM: -----BEGIN CERTIFICATE-----…";
  return all.every(isCertificate) ? undefined : "One of these is no certificate, or not whole.";
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
