// The sender's address: the connection's, or what proxies named in TRUST_PROXY report in X-Forwarded-For. A header from
// anybody else is ignored; nothing in a body is ever believed.
import type { IncomingMessage } from "node:http";
import { plainAddress, trustedAddresses } from "../core/trusted-addresses.ts";

export type ClientAddress = (request: IncomingMessage) => string | undefined;

const forwardedMax = 20;

/** `trustProxy`: see trustedAddresses. Throws AppError invalid_config for an entry that can't be read. */
export function createClientAddress(trustProxy: readonly string[]): ClientAddress {
  const isTrusted = trustedAddresses(trustProxy);
  return (request) => {
    let address = plainAddress(request.socket.remoteAddress);
    const forwarded = request.headers["x-forwarded-for"];
    if (forwarded === undefined || address === undefined || !isTrusted(address)) return address;
    // From the nearest proxy outwards; the first that we do not trust is the sender.
    const reported = String(forwarded).split(",").slice(-forwardedMax);
    for (const entry of reported.reverse()) {
      const next = plainAddress(entry.trim());
      if (next === undefined) return address;
      address = next;
      if (!isTrusted(address)) return address;
    }
    return address;
  };
}

/**
 * Whom limits per sender take for one: an IPv4 address, or the 64 bits of an IPv6 address that a network gives out as a
 * whole. Undefined (the sender has gone) is a group of its own.
 */
export function senderGroup(address: string | undefined): string {
  if (address === undefined || !address.includes(":")) return address ?? "";
  const [left = "", right] = address.toLowerCase().split("::");
  const before = left === "" ? [] : left.split(":");
  const after = right === undefined || right === "" ? [] : right.split(":");
  // An IPv4 address at the end takes the place of two groups.
  const missing = 8 - before.length - after.length - (address.includes(".") ? 1 : 0);
  const groups = right === undefined ? before : [...before, ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...after];
  return groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":");
}
