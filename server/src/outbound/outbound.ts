// The one way out, and the door of this folder: everything that this program sends to another system, it sends by this client.
// No private, loopback, link-local or metadata address is ever reached, looked up when the connection is made and not before;
// no redirect is followed; replies, time and rate are bounded; secrets are cut out of what is recorded.
export {
  OutboundError, type AddressVerdict, type GuardedConnection, type HostAndPort, type Outbound, type OutboundClient, type OutboundFailure,
  type OutboundReply, type OutboundRequest, type ReachableAddress,
} from "./outbound-client.ts";
export { createOutbound, type OutboundOptions } from "./create-outbound.ts";
export { createRateLimits, type Rate, type RateLimits } from "./rate-limits.ts";
export { exchangeBytesMax, recordExchanges, type Exchange, type Recording } from "./record-exchanges.ts";
export { createSecretCutter, secretTexts, type SecretCutter } from "./cut-secrets.ts";
export { installSocketGuard, type SocketGuardOptions } from "./socket-guard.ts";
