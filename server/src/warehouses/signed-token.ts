// Tokens that a private key signs (RS256), as Snowflake and Google take them in place of a password.
import { createPrivateKey, createPublicKey, hash, sign, type KeyObject } from "node:crypto";

/** PEM, also one whose lines a form has joined. Throws where it is no private key of RSA. */
export function privateKeyOf(pem: string, passphrase: string | undefined): KeyObject {
  const [, kind = "", body = ""] = /-----BEGIN ([A-Z ]+)-----([^-]+)-----END/.exec(pem.replaceAll("\\n", "\n")) ?? [];
  const lines = body.replaceAll(/\s+/g, "").match(/.{1,64}/g) ?? [];
  const key = createPrivateKey({ key: `-----BEGIN ${kind}-----\n${lines.join("\n")}\n-----END ${kind}-----\n`, ...(passphrase === undefined || passphrase === "" ? {} : { passphrase }) });
  if (key.asymmetricKeyType !== "rsa") throw new Error("It is no key of RSA.");
  return key;
}

/** By which Snowflake names a public key. */
export function fingerprintOf(key: KeyObject): string {
  return `SHA256:${hash("sha256", createPublicKey(key).export({ type: "spki", format: "der" }), "base64")}`;
}

export function signedToken(key: KeyObject, claims: object, header: object = {}): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", typ: "JWT", ...header })}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

/** Undefined: it is one. */
export function keyProblem(pem: unknown, passphrase: unknown): string | undefined {
  try {
    privateKeyOf(String(pem), typeof passphrase === "string" ? passphrase : undefined);
    return undefined;
  } catch {
    return "This is no private key of RSA in PEM form, or its passphrase is another.";
  }
}
