// Which SDK sent a request: the library as the body says, else the first word of the user agent. One look at a few bytes for a
// request, whatever it holds; what can't be read in them is left unknown.
import type { IncomingHttpHeaders } from "node:http";

export interface SdkName {
  /** Empty when nothing says. All browsers without a library are `browser`. */
  readonly name: string;
  readonly version: string;
}

const charactersMax = 60;
/** Where a library stands: in the first event, or (Go) behind all of them. */
const headBytes = 16 * 1024;
const tailBytes = 2 * 1024;
const libraryBytes = 300;

export function sdkOf(headers: IncomingHttpHeaders, body: Buffer | undefined): SdkName {
  return (body && (libraryIn(body.subarray(0, headBytes)) ?? libraryIn(body.subarray(Math.max(headBytes, body.length - tailBytes))))) ?? agentOf(headers);
}

function libraryIn(bytes: Buffer): SdkName | undefined {
  // Without the opening quote: the search is fast as long as its first byte is rare.
  const at = bytes.indexOf('library"');
  if (at < 0) return undefined;
  const object = /^library"\s*:\s*\{([^{}]*)/.exec(bytes.toString("latin1", at, at + libraryBytes))?.[1];
  const name = object === undefined ? undefined : textIn(object, "name");
  return name === undefined ? undefined : { name, version: textIn(object ?? "", "version") ?? "" };
}

function textIn(object: string, field: "name" | "version"): string | undefined {
  const found = (field === "name" ? /"name"\s*:\s*"([^"\\]{1,60})"/ : /"version"\s*:\s*"([^"\\]{1,60})"/).exec(object)?.[1];
  return found === undefined ? undefined : printable(found, charactersMax);
}

function agentOf(headers: IncomingHttpHeaders): SdkName {
  const agent = headers["user-agent"] ?? "";
  if (agent.startsWith("Mozilla/")) return { name: "browser", version: "" };
  const [, name = "", version = ""] = /^([^\s/]*)(?:\/([^\s]*))?/.exec(agent) ?? [];
  return { name: printable(name, charactersMax), version: printable(version, charactersMax) };
}

/** In ASCII: the rest as question marks. */
export function printable(text: string, max: number): string {
  return text.slice(0, max).replace(/[^\x20-\x7e]/g, "?");
}
