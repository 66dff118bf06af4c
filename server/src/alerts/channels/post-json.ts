// JSON to an address of somebody's own, through the guard; any 2xx is enough.
import { createSecretCutter, OutboundError } from "../../outbound/outbound.ts";
import type { ChannelParts, Told } from "./channel.ts";

const TIMEOUT_MS = 15_000;
const SAID_CHARACTERS = 200;

export interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What must stand in nothing that is shown. */
  readonly secrets: readonly string[];
}

export async function postJson({ outbound }: ChannelParts, { url, body, headers, secrets }: Post): Promise<Told> {
  try {
    const reply = await outbound.fetch({ method: "POST", url, body, headers: { "content-type": "application/json", ...headers }, timeoutMs: TIMEOUT_MS });
    if (reply.status >= 200 && reply.status < 300) return { isSent: true };
    const said = createSecretCutter(secrets).text(reply.body.toString("utf8")).replace(/\s+/g, " ").trim().slice(0, SAID_CHARACTERS);
    return { isSent: false, detail: `The other side answered ${reply.status}${said === "" ? "." : `: ${said}`}` };
  } catch (error) {
    if (error instanceof OutboundError) return { isSent: false, detail: error.message };
    throw error;
  }
}

export const hostOf = (url: string): string => new URL(url).host;
