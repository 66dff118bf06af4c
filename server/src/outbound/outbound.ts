// The one way out, and the door of this folder: everything that this program sends to another system, it sends by this client.
// No private, loopback, link-local or metadata address is ever reached, looked up when the connection is made and not before;
// no redirect is followed; replies and time are bounded; secrets are cut out of what is recorded. How often something is sent is
// for those who send to say.
export {
  OutboundError, refusalToKeep, type AddressVerdict, type GuardedConnection, type HostAndPort, type Outbound, type OutboundClient, type OutboundFailure,
  type OutboundReply, type OutboundRequest, type ReachableAddress, type StreamedReply,
} from "./outbound-client.ts";
export { awsEncoded, signed, type AwsKey, type ToSign } from "./aws-signature.ts";
export { connectedSocket } from "./connected-socket.ts";
export { createOutbound, type OutboundOptions } from "./create-outbound.ts";
export { exchangeBytesMax, recordExchanges, type Exchange, type Recording } from "./record-exchanges.ts";
export { createSecretCutter, secretTexts, type SecretCutter } from "./cut-secrets.ts";
export { certificatesProblem, tlsProblem } from "./tls-problem.ts";
export { installSocketGuard, type SocketGuardOptions } from "./socket-guard.ts";
