// Which private hosts OUTBOUND_PRIVATE_HOSTS opens to what is sent out: names, addresses and ranges, each with a port or
// without. A name opens whatever private address it has; an address or a range opens whoever is found there.
import { BlockList, isIP } from "node:net";
import { AppError } from "./errors.ts";

export interface PrivateTarget {
  /** As it was asked for: lower case, without brackets or a dot at its end. */
  readonly host: string;
  readonly port: number;
}

export interface PrivateHosts {
  /** `address`: where the host was found. */
  opens(target: PrivateTarget, address: string): boolean;
}

interface Entry {
  readonly name?: string;
  readonly range?: BlockList;
  readonly port: number | undefined;
}

/** Throws AppError invalid_config for an entry that is none, naming the setting. */
export function privateHosts(entries: readonly string[]): PrivateHosts {
  const parsed = entries.map(parseEntry);
  return {
    opens: ({ host, port }, address) => parsed.some((entry) => {
      if (entry.port !== undefined && entry.port !== port) return false;
      return entry.name === undefined ? entry.range?.check(address, isIP(address) === 6 ? "ipv6" : "ipv4") === true : entry.name === host;
    }),
  };
}

function parseEntry(text: string): Entry {
  const { host, port } = withoutPort(text);
  const range = rangeOf(host);
  if (range !== undefined && (port === undefined || !host.includes("/"))) return { range, port };
  const name = host.toLowerCase().replace(/\.$/, "");
  // What ends in a number is an address in one of its older forms, and not a name.
  const isName = name.length <= 253 && /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)
    && !/(^|\.)(0x[0-9a-f]*|\d+)$/.test(name);
  if (!isName || port === 0 || (port ?? 0) > 65_535) {
    throw new AppError("invalid_config", { detail: `OUTBOUND_PRIVATE_HOSTS: "${text}" is not a name, an address, either with a port, or a range.` });
  }
  return { name, port };
}

function withoutPort(text: string): { readonly host: string; readonly port: number | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed) return { host: bracketed[1] ?? "", port: bracketed[2] === undefined ? undefined : Number(bracketed[2]) };
  const named = /^([^:]+):(\d{1,5})$/.exec(text);
  return named ? { host: named[1] ?? "", port: Number(named[2]) } : { host: text, port: undefined };
}

/** Undefined: neither an address nor a range. */
function rangeOf(text: string): BlockList | undefined {
  const [address = "", prefix, ...rest] = text.split("/");
  const version = isIP(address);
  const bitsMax = version === 6 ? 128 : 32;
  const bits = prefix === undefined ? bitsMax : Number(prefix);
  if (version === 0 || rest.length > 0 || address.includes("%") || !/^\d{1,3}$/.test(prefix ?? "0") || bits > bitsMax) return undefined;
  const list = new BlockList();
  list.addSubnet(address, bits, version === 6 ? "ipv6" : "ipv4");
  return list;
}
