// The address of the person who caused an event: valid, in one form, and only as much of it as the source may keep.
// Which address counts: what the payload says, else the connection's, unless a server sent the event for somebody else.
import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { SourceSettings } from "@tributary/schema/settings.ts";
import { BoundedCache } from "./bounded-cache.ts";

const ADDRESS_CHARACTERS_MAX = 100;

/**
 * Chooses between the payload's address and the connection's; '' for none, else in canonical form.
 * `0.0.0.0` in the payload is how SDKs say that the address must not be recorded: then there is none. A loopback address
 * is what a server sees of itself: then the connection decides. `isFromServer`: the connection is a server's, not the person's.
 */
export function senderAddress(fromPayload: string, fromConnection: string | undefined, isFromServer: boolean): string {
  if (fromPayload !== "") {
    const given = canonicalAddress(fromPayload);
    if (given === "0.0.0.0" || given === "::") return "";
    if (given !== "" && !isLoopback(given)) return given;
  }
  return isFromServer || fromConnection === undefined ? "" : canonicalAddress(fromConnection);
}

/** What the source's setting leaves of a canonical address. */
export function keptAddress(address: string, setting: SourceSettings["ip"]): string {
  switch (setting) {
    case "keep":
      return address;
    case "drop":
      return "";
    case "truncate":
      return truncatedAddress(address);
  }
}

/** One form for each address, or '' when it is none: IPv4 dotted, IPv6 as RFC 5952 writes it, mapped IPv4 as IPv4. */
export function canonicalAddress(text: string): string {
  const first = withoutPort(firstOfList(text));
  if (first.length > ADDRESS_CHARACTERS_MAX) return "";
  if (isIPv4(first)) return first;
  if (!isIPv6(first)) return "";
  const groups = ipv6Groups(first);
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return isMapped ? dotted(groups[6] ?? 0, groups[7] ?? 0) : ipv6Text(groups);
}

/** Tells whether a canonical address lies in one of the addresses and CIDR ranges; unreadable entries match nothing. */
export function compileAddressRanges(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => false;
  const list = new BlockList();
  for (const range of ranges) addRange(list, range.trim());
  const known = new BoundedCache<boolean>(ADDRESSES_REMEMBERED);
  return (address) => {
    if (address === "") return false;
    let isInside = known.get(address);
    if (isInside === undefined) {
      isInside = list.check(address, address.includes(":") ? "ipv6" : "ipv4");
      known.set(address, isInside);
    }
    return isInside;
  };
}

const ADDRESSES_REMEMBERED = 10_000;

function addRange(list: BlockList, range: string): void {
  const slash = range.indexOf("/");
  const address = slash === -1 ? range : range.slice(0, slash);
  const kind = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
  if (kind === undefined) return;
  const prefix = slash === -1 ? (kind === "ipv4" ? 32 : 128) : Number(range.slice(slash + 1));
  if (Number.isInteger(prefix) && prefix >= 0 && prefix <= (kind === "ipv4" ? 32 : 128)) list.addSubnet(address, prefix, kind);
}

/** Proxies write lists; the first is the client. */
function firstOfList(text: string): string {
  const comma = text.indexOf(",");
  return (comma === -1 ? text : text.slice(0, comma)).trim();
}

/** `1.2.3.4:80` and `[::1]:80` without their ports, IPv6 without its zone. */
function withoutPort(text: string): string {
  if (text.startsWith("[")) return text.slice(1, text.indexOf("]") === -1 ? undefined : text.indexOf("]"));
  const colon = text.indexOf(":");
  if (colon !== -1 && colon === text.lastIndexOf(":") && text.includes(".")) return text.slice(0, colon);
  const zone = text.indexOf("%");
  return zone === -1 ? text : text.slice(0, zone);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** The last byte of IPv4, the last 80 bits of IPv6 become zero. */
function truncatedAddress(address: string): string {
  if (address === "") return "";
  if (!address.includes(":")) return `${address.slice(0, address.lastIndexOf("."))}.0`;
  return ipv6Text(ipv6Groups(address).map((group, i) => (i < 3 ? group : 0)));
}

function dotted(high: number, low: number): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** The eight groups of a valid IPv6 address. */
function ipv6Groups(text: string): number[] {
  const gap = text.indexOf("::");
  if (gap === -1) return groupsOf(text);
  const before = groupsOf(text.slice(0, gap));
  const after = groupsOf(text.slice(gap + 2));
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function groupsOf(text: string): number[] {
  const groups: number[] = [];
  if (text === "") return groups;
  for (const part of text.split(":")) {
    if (part.includes(".")) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
      groups.push((a << 8) | b, (c << 8) | d);
    } else {
      groups.push(parseInt(part, 16));
    }
  }
  return groups;
}

/** Lower case, the longest run of zero groups (of two or more, the first of equals) shortened. */
function ipv6Text(groups: readonly number[]): string {
  let runStart = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > runLength) [runStart, runLength] = [i, length];
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  return runStart === -1 ? hex(groups) : `${hex(groups.slice(0, runStart))}::${hex(groups.slice(runStart + runLength))}`;
}
