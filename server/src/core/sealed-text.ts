// Secrets of a workspace as they are stored, appended and copied: sealed with AES-256-GCM under a key that derives from the
// install's secret, which stands in neither database. What was sealed for one workspace and purpose opens for no other.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

const prefix = "sealed.v1.";
const ivBytes = 12;
const tagBytes = 16;

export interface Seal {
  /** Another text each time. */
  seal(text: string, workspaceId: number): string;
  /**
   * What was sealed. What can't be opened (damaged, or of another workspace or install) gives a text that nobody can guess
   * and that is always the same, so that a check against it refuses everybody instead of stopping the pipeline.
   */
  open(sealed: string, workspaceId: number): string;
}

/** `secret`: the install's. `purpose`: what the key is for; another purpose has another key. */
export function createSeal(secret: string, purpose: string): Seal {
  const key = sealKey(secret, purpose);
  return {
    seal: (text, workspaceId) => prefix + sealUnder(key, text, workspaceId),
    open: (sealed, workspaceId) => (sealed.startsWith(prefix) ? openUnder(key, sealed.slice(prefix.length), workspaceId) : undefined) ?? unguessable(key, sealed),
  };
}

export function sealKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", purpose, 32));
}

const boundTo = (workspaceId: number): Buffer => Buffer.from(`workspace ${workspaceId}`);

/** The sealed text, without what says how it was sealed. */
export function sealUnder(key: Buffer, text: string, workspaceId: number): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(boundTo(workspaceId));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64url");
}

/** Undefined: it was not sealed under this key for this workspace, or is damaged. */
export function openUnder(key: Buffer, sealed: string, workspaceId: number): string | undefined {
  try {
    const bytes = Buffer.from(sealed, "base64url");
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(boundTo(workspaceId)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

/** What stands for a text that can't be opened. */
export function unguessable(key: Buffer, sealed: string): string {
  return createHmac("sha256", key).update(`can't be opened: ${sealed}`).digest("base64url");
}

/** For secrets within a source's settings. */
export function createSourceSeal(secret: string): Seal {
  return createSeal(secret, "source secrets");
}

/** What settings and tokens of destinations are sealed for; under which key, the ring says (seal-keys.ts). */
export const destinationPurpose = "destination settings";
/** What settings of warehouses are sealed for. */
export const warehousePurpose = "warehouse settings";

/** What addresses of alert channels are sealed for, under the same ring. */
export const alertPurpose = "alert channels";
