// Where a request goes, read from a URL or from a host and a port in one way: by the parser of URLs, which knows every older
// form of an address (decimal, octal, hexadecimal, digits of other scripts) and writes it as the address that it is.
import { isIP } from "node:net";
import { OutboundError } from "./outbound-client.ts";

export interface Target {
  /** Lower case, without brackets or a dot at its end. */
  readonly host: string;
  readonly port: number;
}

export interface HttpTarget extends Target {
  /** Scheme, host and port: what connections are kept by. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly isTls: boolean;
}

/** Throws OutboundError bad_address. */
export function targetOfUrl(text: string): HttpTarget {
  const url = parsed(text);
  const isTls = url.protocol === "https:";
  if (!isTls && url.protocol !== "http:") throw bad("An address begins with http:// or https://.");
  // In an address they would be in logs, and deceive the eye: https://trusted.example@elsewhere.example.
  if (url.username !== "" || url.password !== "") throw bad("An address holds no user and password; send them as a header.");
  const host = plainHost(url.hostname);
  refuseOldForm(host, text);
  const authority = isIP(host) === 6 ? `[${host}]` : host;
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
  if (port === 0) throw bad("Nothing listens on port 0.");
  return { host, port, isTls, origin: `${url.protocol}//${authority}${url.port === "" ? "" : `:${url.port}`}`, path: `${url.pathname}${url.search}` };
}

/** Of any scheme. Throws OutboundError bad_address, also where neither the URL nor its scheme says a port. */
export function targetOfAnyUrl(text: string): Target {
  const url = parsed(text);
  if (url.protocol === "http:" || url.protocol === "https:") return targetOfUrl(text);
  // Hosts of schemes that the standard doesn't know are taken as they are, so they are read once more, as a host.
  return targetOf({ host: decodeURIComponent(url.hostname), port: url.port === "" ? 0 : Number(url.port) });
}

/** Throws OutboundError bad_address. */
export function targetOf({ host: text, port }: { readonly host: string; readonly port: number }): Target {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw bad("A port is a number from 1 to 65535.");
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (bare === "" || /[\s/\\@?#%[\]]/.test(bare)) throw bad("This is not the name of a host or an address.");
  const host = plainHost(parsed(`http://${bare.includes(":") ? `[${bare}]` : bare}`).hostname);
  refuseOldForm(host, text);
  return { host, port };
}

function parsed(text: string): URL {
  const url = URL.parse(text);
  if (url === null || url.hostname === "") throw bad("This is not an address.");
  return url;
}

function plainHost(hostname: string): string {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "").toLowerCase();
  if (host === "" || host.endsWith(".")) throw bad("This is not an address.");
  return host;
}

/** Nobody writes 2130706433 or 0x7f.1 but to get past a check. Where it leads is checked all the same. */
function refuseOldForm(host: string, text: string): void {
  const asWritten = new RegExp(`(?:^|[/\\\\])${RegExp.escape(host)}\\.?(?:[:/?#\\\\]|$)`);
  if (isIP(host) === 4 && !asWritten.test(text.trim())) throw bad("An IPv4 address is written as four decimal numbers.");
}

function bad(message: string): OutboundError {
  return new OutboundError("bad_address", message);
}
