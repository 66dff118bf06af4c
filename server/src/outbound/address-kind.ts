// What an address is, told from its bytes: public, private, or one that is never reached whatever a setting says. IPv6 is
// public only where addresses are given out and none of its special uses lies; forms that wrap an IPv4 address are judged
// by it or not taken at all, for some router unwraps them.
import { BlockList, isIP } from "node:net";

export type AddressKind =
  | { readonly kind: "public" }
  /** A setting may open it. */
  | { readonly kind: "private"; readonly what: string }
  | { readonly kind: "never"; readonly what: string };

interface Special {
  readonly what: string;
  readonly kind: "private" | "never";
  readonly ranges: readonly string[];
}

/** The first that fits counts. After the registries of special addresses (RFC 6890 and what came later). */
const specials: readonly Special[] = [
  {
    // Credentials of the machine itself are given out there, to whoever asks. Some lie among public addresses.
    what: "a cloud's metadata address", kind: "never",
    ranges: ["169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32",
      "fd00:ec2::/32", "fd20:ce::254/128"],
  },
  { what: "a link-local address", kind: "never", ranges: ["169.254.0.0/16", "fe80::/10"] },
  { what: "no address of a host", kind: "never", ranges: ["0.0.0.0/8", "::/128", "255.255.255.255/32"] },
  { what: "a multicast address", kind: "never", ranges: ["224.0.0.0/4", "ff00::/8"] },
  { what: "a reserved address", kind: "never", ranges: ["240.0.0.0/4", "192.0.0.0/24", "192.88.99.0/24", "100::/64", "5f00::/16"] },
  { what: "a loopback address", kind: "private", ranges: ["127.0.0.0/8", "::1/128"] },
  { what: "a private address", kind: "private", ranges: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fec0::/10"] },
  { what: "a unique local address", kind: "private", ranges: ["fc00::/7"] },
  { what: "an address of a carrier's network", kind: "private", ranges: ["100.64.0.0/10"] },
  {
    what: "an address for tests and examples", kind: "private",
    ranges: ["192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"],
  },
  {
    what: "an IPv4 address in another form", kind: "never",
    // v4-mapped and compatible, v4-translated, NAT64 of a site, Teredo and its neighbours, 6to4.
    ranges: ["::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2001::/23", "2002::/16"],
  },
];

const lists = specials.map(({ what, kind, ranges }) => ({ what, kind, list: blockList(ranges) }));
const globalIpv6 = blockList(["2000::/3"]);

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** `address`: as a resolver or a parser of URLs gives it; what is none is never reached. */
export function kindOf(address: string): AddressKind {
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return { kind: "never", what: "no address" };
  return version === 4 ? kindOfIpv4(address) : kindOfIpv6(address);
}

function kindOfIpv4(address: string): AddressKind {
  const found = lists.find(({ list }) => list.check(address, "ipv4"));
  return found ? { kind: found.kind, what: found.what } : { kind: "public" };
}

function kindOfIpv6(address: string): AddressKind {
  const groups = groupsOf(address);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const ipv4 = `${g >> 8}.${g & 255}.${h >> 8}.${h & 255}`;
  const wrapped: AddressKind = { kind: "never", what: "an IPv4 address in another form" };
  // BlockList takes a mapped address for the IPv4 one, so it is told apart first.
  if (a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff) return wrapped;
  // ISATAP, under any prefix.
  if ((e === 0 || e === 0x200) && f === 0x5efe) return wrapped;
  // NAT64 under the prefix that DNS64 answers with: where a network has IPv6 alone, every public IPv4 host is reached so.
  if (a === 0x64 && b === 0xff9b && c === 0 && d === 0 && e === 0 && f === 0) return kindOfIpv4(ipv4).kind === "public" ? { kind: "public" } : wrapped;
  const found = lists.find(({ list }) => list.check(address, "ipv6"));
  if (found) return { kind: found.kind, what: found.what };
  return globalIpv6.check(address, "ipv6") ? { kind: "public" } : { kind: "never", what: "a reserved address" };
}

/** The eight groups of an IPv6 address. The parser of URLs writes every form of it in one way. */
function groupsOf(address: string): number[] {
  const [left = "", right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const numbers = (text: string): number[] => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const before = numbers(left);
  const after = numbers(right ?? "");
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
