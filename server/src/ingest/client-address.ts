// The sender's address: the connection's, or what proxies named in TRUST_PROXY report in X-Forwarded-For. A header from
// anybody else is ignored; nothing in a body is ever believed.
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { AppError } from "../core/errors.ts";

export type ClientAddress = (request: IncomingMessage) => string | undefined;

const groups: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
};

const forwardedMax = 20;

/**
 * `trustProxy`: addresses, ranges (CIDR) or the words loopback, private, linklocal; `true` trusts any connection; empty
 * trusts none. Throws AppError invalid_config for anything else.
 */
export function createClientAddress(trustProxy: readonly string[]): ClientAddress {
  const isTrusted = trustOf(trustProxy);
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

function trustOf(entries: readonly string[]): (address: string) => boolean {
  if (entries.length === 0) return () => false;
  if (entries.includes("true")) return () => true;
  const list = new BlockList();
  for (const entry of entries) {
    for (const range of groups[entry] ?? [entry]) addRange(list, range);
  }
  return (address) => list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

function addRange(list: BlockList, range: string): void {
  const [address = "", prefix] = range.split("/");
  const version = isIP(address);
  const bitsMax = version === 6 ? 128 : 32;
  const bits = prefix === undefined ? bitsMax : Number(prefix);
  // Without the pattern `1.2.3.4/` would be read as length 0 and trust everybody.
  if (version === 0 || !/^\d+$/.test(prefix ?? "0") || bits > bitsMax) {
    const allowed = "an address, a range, or one of the words loopback, private, linklocal, true";
    throw new AppError("invalid_config", { detail: `TRUST_PROXY: "${range}" is not ${allowed}.` });
  }
  list.addSubnet(address, bits, version === 6 ? "ipv6" : "ipv4");
}

/** Without a port, brackets, zone or the IPv4-in-IPv6 prefix; undefined when it is no address. */
function plainAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  const bare = bracketed ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  const address = bare.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  return isIP(address) === 0 ? undefined : address;
}
