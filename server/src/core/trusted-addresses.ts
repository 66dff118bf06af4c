// Which addresses TRUST_PROXY names, and which count as one sender. Collection and the API both ask here, so that the same
// words mean the same to both.
import { BlockList, isIP } from "node:net";
import { AppError } from "./errors.ts";

const groups: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
};

/**
 * `entries`: addresses, ranges (CIDR) or the words loopback, private, linklocal; `true` trusts any connection; empty
 * trusts none. The answer takes any text and is false for what is no address. Throws AppError invalid_config for
 * anything else among the entries, naming the setting.
 */
export function trustedAddresses(entries: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const entry of entries) if (entry !== "true") for (const range of groups[entry] ?? [entry]) addRange(list, range);
  if (entries.includes("true")) return () => true;
  if (entries.length === 0) return () => false;
  return (text) => {
    const address = plainAddress(text);
    return address !== undefined && list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  };
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
export function plainAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  const bare = bracketed ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  const address = bare.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  return isIP(address) === 0 ? undefined : address;
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
