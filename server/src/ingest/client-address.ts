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
