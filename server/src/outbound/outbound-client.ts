// The contract of the way out: what is asked of another system, what comes back, and why nothing comes back.
import type { Socket } from "node:net";

export interface OutboundRequest {
  readonly method: string;
  /** http or https. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** For the whole exchange; milliseconds. */
  readonly timeoutMs?: number;
  /** Bytes of the reply's body that are read, unpacked; beyond it the exchange fails. */
  readonly responseBytesMax?: number;
}

export interface OutboundReply {
  readonly status: number;
  /** Names in lower case; several of one name joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A reply whose body is still coming. */
export interface StreamedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Unpacked; throws OutboundError. It is read once, to its end or not at all: leaving it ends the exchange. */
  readonly body: AsyncIterable<Buffer>;
  /** For who doesn't want the body. */
  cancel(): void;
}

export type OutboundFailure =
  /** The address is not one that may be reached. */
  | "address_refused"
  /** Not http or https, or no address at all. */
  | "bad_address"
  /** A method or a header that HTTP doesn't have. */
  | "bad_request"
  | "no_such_host" | "connection_failed" | "timeout" | "aborted" | "tls_failed" | "reply_too_large" | "reply_broken";

/** Why there is no reply. The message is for people and holds no secret: of the address it names the host alone. */
export class OutboundError extends Error {
  readonly failure: OutboundFailure;
  /** Of a reply that began and was too large or broken: what was asked may have been done. */
  readonly status: number | undefined;

  constructor(failure: OutboundFailure, message: string, options: ErrorOptions & { readonly status?: number | undefined } = {}) {
    super(message, options);
    this.name = "OutboundError";
    this.failure = failure;
    this.status = options.status;
  }
}

export interface OutboundClient {
  /** Throws OutboundError when there is no reply; a reply of any status, a redirect too, is one. */
  fetch(request: OutboundRequest): Promise<OutboundReply>;
}

export interface HostAndPort {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
}

/** One that was looked up just now and may be reached. */
export interface ReachableAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

export interface GuardedConnection extends HostAndPort {
  /** Speaks TLS from the start, verified against the host's name. */
  readonly tls?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Whether an address may be kept in settings: `problem` is for people. */
export type AddressVerdict = { readonly isGood: true } | { readonly isGood: false; readonly failure: OutboundFailure; readonly problem: string };

/** Why settings with it may not be kept; undefined: they may. A name that isn't there yet is no reason. */
export function refusalToKeep(verdict: AddressVerdict): string | undefined {
  return verdict.isGood || verdict.failure === "no_such_host" ? undefined : verdict.problem;
}

export interface Outbound extends OutboundClient {
  /**
   * For settings that are saved: looks the name up now, and says what a connection would meet. `no_such_host` may be a
   * name that is not there yet. Of URLs other than http and https (postgres://, smtp://, sftp://) it needs the port.
   */
  checkAddress(url: string): Promise<AddressVerdict>;
  checkHost(to: HostAndPort): Promise<AddressVerdict>;
  /**
   * For libraries that connect by themselves: hand them one of these addresses instead of the name (and the name for TLS).
   * Throws OutboundError.
   */
  resolve(to: HostAndPort): Promise<readonly ReachableAddress[]>;
  /** For replies that are too long to be held. `timeoutMs` bounds the wait for the reply and for each piece of its body. */
  stream(request: OutboundRequest): Promise<StreamedReply>;
  /** For protocols that are not HTTP, where the library takes a socket. Throws OutboundError. */
  connect(to: GuardedConnection): Promise<Socket>;
  /** Ends connections once they are idle. */
  close(): Promise<void>;
}
