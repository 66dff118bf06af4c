// The one way out: everything that this program sends to another system, it sends by this client. No private, loopback, link-local
// or metadata address is ever reached, looked up when the connection is made and not before; no redirect is followed; replies, time
// and rate are bounded; secrets are cut out of what is recorded.

export interface OutboundRequest {
  readonly method: string;
  /** http or https. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** For the whole exchange; milliseconds. */
  readonly timeoutMs?: number;
  /** Bytes of the reply's body that are read; beyond it the exchange fails. */
  readonly responseBytesMax?: number;
}

export interface OutboundReply {
  readonly status: number;
  /** Names in lower case; several of one name joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type OutboundFailure =
  /** The address is not one that may be reached. */
  | "address_refused"
  /** Not http or https, or no address at all. */
  | "bad_address"
  | "no_such_host" | "connection_failed" | "timeout" | "aborted" | "tls_failed" | "reply_too_large" | "reply_broken";

/** Why there is no reply. The message is for people and holds no secret. */
export class OutboundError extends Error {
  readonly failure: OutboundFailure;

  constructor(failure: OutboundFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OutboundError";
    this.failure = failure;
  }
}

export interface OutboundClient {
  /** Throws OutboundError when there is no reply; a reply of any status is none. */
  fetch(request: OutboundRequest): Promise<OutboundReply>;
}
