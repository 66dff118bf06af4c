// How to send the first event with each SDK, host and key in place. One table for the page of a source, for the start guide and
// for docs/sdk-snippets.md, which is made from it. The key stands in code, so only the characters that keys are made of are put there.
import { httpSdks } from "./sdks/http-sdks.ts";
import { phoneSdks } from "./sdks/phone-sdks.ts";
import { rudderstackPhoneSdks, rudderstackServerSdks } from "./sdks/rudderstack-sdks.ts";
import type { Place, Sdk } from "./sdks/sdk.ts";
import { serverSdks } from "./sdks/server-sdks.ts";
import { webSdks } from "./sdks/web-sdks.ts";

const table = [...webSdks, ...serverSdks, ...rudderstackServerSdks, ...phoneSdks, ...rudderstackPhoneSdks, ...httpSdks] as const;

export type Platform = (typeof table)[number]["id"];

/** By group, and those that most people look for first. */
export const sdks: readonly (Sdk & { readonly id: Platform })[] = table;
export const sdkGroups = ["web", "server", "phone", "http"] as const;
export const platforms: readonly Platform[] = table.map((sdk) => sdk.id);

export function isPlatform(text: unknown): text is Platform {
  return platforms.some((platform) => platform === text);
}

/** Which snippet fits a source of this kind best. */
export function platformOf(kind: string): Platform {
  return kind === "website" ? "website" : kind === "server" ? "node" : kind === "mobile" ? "swift" : "curl";
}

export function sdkOf(platform: Platform): Sdk {
  const sdk = sdks.find((one) => one.id === platform);
  if (sdk === undefined) throw new Error(`There is no SDK ${platform}.`);
  return sdk;
}

/** The code with a host and, where there is one, a key in place. */
export function snippetOf(platform: Platform, host: string, writeKey: string | undefined): string {
  return sdkOf(platform).code(placeOf(host, writeKey));
}

function placeOf(address: string, writeKey: string | undefined): Place {
  const url = address.replace(/\/+$/, "");
  const { protocol, host, hostname, port } = new URL(url);
  const isHttps = protocol === "https:";
  const key = writeKey !== undefined && /^[\w-]+$/.test(writeKey) ? writeKey : "WRITE_KEY";
  return { url, host, hostname, port: port === "" ? (isHttps ? "443" : "80") : port, isHttps, key };
}
