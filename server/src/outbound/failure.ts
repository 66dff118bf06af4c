// What went wrong with an exchange, in the few words that decide what happens next. Messages name the host alone: the rest of
// an address may be a secret, and what libraries say may quote it.
import { OutboundError, type OutboundFailure } from "./outbound-client.ts";

export interface Circumstances {
  readonly host: string;
  readonly isAborted: boolean;
  /** Set when the time was over. */
  readonly timeoutMs: number | undefined;
  /** Set when a reply had begun. */
  readonly status?: number | undefined;
}

const failures: Readonly<Record<string, OutboundFailure>> = {
  ENOTFOUND: "no_such_host", EAI_AGAIN: "no_such_host", EAI_NODATA: "no_such_host",
  UND_ERR_CONNECT_TIMEOUT: "timeout", UND_ERR_HEADERS_TIMEOUT: "timeout", UND_ERR_BODY_TIMEOUT: "timeout", ETIMEDOUT: "timeout",
  UND_ERR_HEADERS_OVERFLOW: "reply_too_large", UND_ERR_RES_EXCEEDED_MAX_SIZE: "reply_too_large",
  UND_ERR_INVALID_ARG: "bad_request", UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "bad_request", UND_ERR_NOT_SUPPORTED: "bad_request",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "reply_broken", UND_ERR_RESPONSE: "reply_broken", UND_ERR_HTTP_PARSER: "reply_broken",
};

const said: Readonly<Record<OutboundFailure, string>> = {
  address_refused: "may not be reached", bad_address: "is no address", bad_request: "can't be asked like this: a header or the method is none of HTTP's",
  no_such_host: "was not found", connection_failed: "did not take the connection, or cut it before it replied", timeout: "did not reply in time",
  aborted: "was no longer waited for", tls_failed: "has no certificate that can be trusted for its name, or speaks no TLS",
  reply_too_large: "sent a reply that is too large", reply_broken: "broke off its reply, or sent what is no HTTP",
};

/** The error as one of ours; it stays as it is when it is one. */
export function failureOf(error: unknown, { host, isAborted, timeoutMs, status }: Circumstances): OutboundError {
  if (isAborted) return new OutboundError("aborted", `${host} ${said.aborted}.`, { status });
  if (timeoutMs !== undefined) return new OutboundError("timeout", `${host} ${said.timeout} (${timeoutMs} ms).`, { status });
  if (error instanceof OutboundError) return error;
  const code = codeOf(error);
  const isNoHttp = error instanceof Error && error.name === "HTTPParserError";
  const failure = isNoHttp ? "reply_broken" : failures[code] ?? kindOfCode(code, status);
  return new OutboundError(failure, `${host} ${said[failure]}${code === "" ? "" : ` (${code})`}.`, { cause: error, status });
}

function kindOfCode(code: string, status: number | undefined): OutboundFailure {
  if (code.startsWith("HPE_") || code.startsWith("Z_")) return "reply_broken";
  if (/^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO|ERR_OSSL)/.test(code)) return "tls_failed";
  return status === undefined ? "connection_failed" : "reply_broken";
}

function codeOf(error: unknown): string {
  const code: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : "";
}
