// The catalogue of errors that a person or a program outside must act on. Every edge (HTTP, CLI, config) throws
// AppError and nothing else; the code is stable, the hint says what to do next.

interface ErrorKind {
  readonly status: number;
  readonly message: string;
  readonly hint: string;
}

export const errorCatalogue = {
  bad_request: { status: 400, message: "The request is not valid.", hint: "See the detail, correct the request and send it again." },
  invalid_json: { status: 400, message: "The body is not valid JSON.", hint: "Send one JSON object, encoded as UTF-8." },
  body_too_large: { status: 400, message: "The body is larger than the limit.", hint: "Send smaller batches." },
  request_timeout: { status: 408, message: "The request did not arrive in time.", hint: "Check the connection and send it again." },
  headers_too_large: { status: 431, message: "The request's headers are larger than the limit.", hint: "Send fewer or shorter headers." },
  damaged_compression: { status: 400, message: "The compressed body is damaged or cut short.", hint: "Compress it again, or send it uncompressed." },
  unsupported_encoding: { status: 400, message: "The body's compression is not supported.", hint: "Send it as gzip, or uncompressed." },
  invalid_write_key: { status: 401, message: "Invalid write key.", hint: "Copy the write key from the source's page and check that the source is enabled." },
  origin_not_allowed: { status: 403, message: "This origin may not use this write key.", hint: "Add the origin to the source's allowed origins." },
  unauthenticated: { status: 401, message: "No valid API token or session was sent.", hint: "Sign in, or send `Authorization: Bearer <token>`; make one with `tributary token create`." },
  forbidden: { status: 403, message: "This token or account may not do that.", hint: "Use a token or a role with the scope that the detail names." },
  cross_site_request: { status: 403, message: "A change with a session must come from our own pages.", hint: "Send `x-tributary-csrf: 1` from a page of this server; programs use a token." },
  too_many_attempts: { status: 429, message: "Too many attempts to sign in.", hint: "Wait for the time in Retry-After; `tributary account reset-password` gives an account another password." },
  link_ended: { status: 410, message: "This link does not work any more.", hint: "It works once, and for a while. Ask for another one." },
  not_found: { status: 404, message: "There is nothing at this address.", hint: "Check the id, and the workspace of your token." },
  method_not_allowed: { status: 405, message: "This path does not take that method.", hint: "See /api/docs for the methods of each path." },
  conflict: { status: 409, message: "This conflicts with what is already there.", hint: "See the detail; read the current state and try again." },
  in_use: { status: 409, message: "Something else refers to this.", hint: "Take those references away first; the detail names them." },
  invalid_definition: { status: 400, message: "The definition can't be kept like this.", hint: "Correct what the detail names; POST /audiences/check and POST /computed-traits/check tell everything that is wrong with one." },
  invalid_settings: { status: 400, message: "The settings can't be kept like this.", hint: "Correct what the detail names; POST /catalog/{slug}/check and POST /warehouse-kinds/{kind}/check tell everything that is wrong with settings." },
  invalid_statement: { status: 400, message: "The statement can't be run.", hint: "Correct what the detail names; GET /sql/views lists what can be read, docs/sql.md the functions." },
  idempotency_mismatch: { status: 409, message: "This idempotency key was used with another body.", hint: "Use a new key for a new request." },
  limit_reached: { status: 422, message: "A limit was reached.", hint: "See the detail for the limit and its setting." },
  vendor_refused: { status: 502, message: "The vendor did not take it.", hint: "See the detail, and test the connection of the destination." },
  rate_limited: { status: 429, message: "Too many requests.", hint: "Wait for the time in Retry-After, then send again." },
  overloaded: { status: 429, message: "The server is taking in as much as it can.", hint: "Wait for the time in Retry-After, then send again; nothing was stored." },
  internal: { status: 500, message: "The server failed to answer.", hint: "Try again; if it stays, look for the request id in the server's log." },
  unavailable: { status: 503, message: "The server is starting or stopping.", hint: "Try again in a few seconds." },
  invalid_config: { status: 500, message: "The configuration is not valid.", hint: "Correct the settings that the detail names." },
  data_directory_busy: { status: 500, message: "Another server is running on this data directory.", hint: "Stop it, or choose another TRIBUTARY_DATA_DIR." },
  data_directory_closed: { status: 500, message: "The data directory can't be used.", hint: "See the detail for the folder and the command that opens it." },
  newer_data: { status: 500, message: "The data was written by a newer version of this program.", hint: "Start that version or a newer one; data is never taken back to an older shape." },
  events_expired: { status: 409, message: "Events that people were made from are no longer kept.", hint: "See the detail for what would be lost." },
  copy_refused: { status: 409, message: "The copy can't be made or restored like this.", hint: "See the detail." },
  damaged_copy: { status: 500, message: "The copy is damaged or incomplete.", hint: "Use another copy; nothing was restored." },
  engine_failed: { status: 500, message: "A database engine could not be started.", hint: "See the detail and the engine's log file." },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCatalogue;

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  /** Seconds after which the caller may try again; sent as Retry-After. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: { detail?: string; hint?: string; retryAfterSeconds?: number; cause?: unknown } = {}) {
    const kind = errorCatalogue[code];
    super(options.detail ? `${kind.message} ${options.detail}` : kind.message, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.status = kind.status;
    this.hint = options.hint ?? kind.hint;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** We have a bug. */
export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** Throws when we have a bug. Never reached by user input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(`Assertion failed: ${message}`);
}
