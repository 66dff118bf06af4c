// What a destination's success, failure or multistatus means for each item. The package throws what it likes, and its own reading of
// a reply is sometimes wrong, so what passed on the wire decides wherever the two disagree about "later" or "never".
import { STATUS_CODES } from "node:http";
import { retryAfterMs } from "../../own/outcome-of.ts";
import type { Outcome } from "../../destination.ts";
import type { Failure } from "./job.ts";

/** The last thing that passed on the wire during a call. */
export type Wire =
  | { readonly kind: "none" }
  /** `said`: what a reply that is no success gives as its reason; "": nothing. */
  | { readonly kind: "reply"; readonly status: number; readonly retryAfter: string | undefined; readonly said: string }
  | { readonly kind: "failure"; readonly failure: string; readonly message: string };

export interface ReadWith {
  readonly wire: Wire;
  readonly nowMs: number;
  /** Secrets cut out, one line. */
  readonly clean: (text: string) => string;
}

/** Threw before anything was asked of the vendor: the payload is not what the action takes. */
const invalid = new Set(["AggregateAjvError", "PayloadValidationError", "InvalidAudienceMembershipError", "AggregateError", "ValidationError"]);
/** No connection at all, or none that may be: nothing else would come through either. */
const timeouts = new Set(["ETIMEDOUT", "REQUESTTIMEOUTERROR", "REQUESTCLIENTERROR", "SELF_TIMEOUT"]);
const connections = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "EPIPE", "EHOSTUNREACH", "ENETUNREACH"]);

export const isTrouble = (wire: Wire): boolean => wire.kind === "failure" || (wire.kind === "reply" && (wire.status === 401 || isLater(wire.status)));

const isLater = (status: number): boolean => status === 408 || status === 423 || status === 429 || (status >= 500 && status !== 501);
/** Said to all that is sent, and not to this item. */
const isSaidToAll = (status: number): boolean => status === 429 || status === 502 || status === 503 || status === 504;

export function outcomeOfError(error: unknown, reading: ReadWith): Failure {
  const { wire } = reading;
  const thrown = look(error);
  const detail = toldBy(thrown.message, thrown.status, reading);
  if (wire.kind === "failure") return outcomeOfNoReply(wire);
  if (invalid.has(thrown.name)) return { kind: "refused", code: "payload", detail, status: thrown.status ?? 400 };
  const onWire = wire.kind === "reply" ? wire.status : undefined;
  // A destination that reads a 503 as its own mistake must not make us give up what will work in an hour.
  if (onWire !== undefined && (onWire === 401 || isLater(onWire))) return outcomeOfStatus(onWire, detail, reading);
  if (thrown.status !== undefined) return outcomeOfStatus(thrown.status, detail, reading);
  if (timeouts.has(thrown.code)) return { kind: "retry", code: "timeout", detail, isOfDestination: true };
  if (connections.has(thrown.code)) return { kind: "retry", code: "connection_failed", detail, isOfDestination: true };
  if (onWire !== undefined && onWire >= 300) return outcomeOfStatus(onWire, detail, reading);
  return { kind: "refused", code: "destination_failed", detail: `The destination's own code failed: ${detail}`, ...(onWire === undefined ? {} : { status: onWire }) };
}

function outcomeOfNoReply({ failure, message }: Extract<Wire, { kind: "failure" }>): Failure {
  if (failure === "address_refused" || failure === "bad_address" || failure === "bad_request") return { kind: "refused", code: failure, detail: message };
  return { kind: "retry", code: failure, detail: message, isOfDestination: failure !== "aborted" && failure !== "reply_too_large" && failure !== "reply_broken" };
}

function outcomeOfStatus(status: number, said: string, { wire, nowMs }: ReadWith): Failure {
  const detail = said === "" ? `It answered ${status}.` : said;
  if (status === 401) return { kind: "unauthorized", detail, status };
  if (!isLater(status)) return { kind: "refused", code: `http_${status}`, detail, status };
  const afterMs = wire.kind === "reply" ? retryAfterMs(wire.retryAfter, nowMs) : undefined;
  // What the package calls 500 where the wire said otherwise is its word about one item.
  const isOfDestination = isSaidToAll(status) && (wire.kind !== "reply" || wire.status === status);
  return { kind: "retry", code: `http_${status}`, detail, status, ...(afterMs === undefined ? {} : { afterMs }), isOfDestination };
}

/** One item of a batch, as the package tells of it. */
export interface ItemStatus {
  readonly status?: number;
  readonly errortype?: string;
  readonly errormessage?: string;
}

export function outcomesOfBatch(nodes: readonly (ItemStatus | undefined)[], count: number, reading: ReadWith): Outcome[] {
  const outcomes = Array.from({ length: count }, (_, at) => outcomeOfItem(nodes[at], reading));
  // A whole batch that may not be sent is a matter of the key; a single item is one of the item.
  const isAccount = count > 1 && outcomes.every((one) => "status" in one && one.status === 403);
  return isAccount ? outcomes.map((one) => ({ kind: "unauthorized", detail: "detail" in one ? one.detail : "It answered 403.", status: 403 })) : outcomes;
}

const NOT_TOLD = "MultiStatusResponse is missing a response at the specified index";

function outcomeOfItem(node: ItemStatus | undefined, reading: ReadWith): Outcome {
  const { wire } = reading;
  if (node?.status !== undefined && node.status >= 200 && node.status < 300) return { kind: "delivered", status: node.status };
  const said = toldBy(node?.errormessage ?? "", node?.status, reading);
  if (node?.status === undefined || said === NOT_TOLD) {
    if (wire.kind === "failure") return outcomeOfNoReply(wire);
    if (wire.kind === "reply" && wire.status >= 300) return outcomeOfStatus(wire.status, toldBy("", wire.status, reading), reading);
    return { kind: "refused", code: "not_told", detail: "The destination does not say what became of this one." };
  }
  if (node.errortype === "PAYLOAD_VALIDATION_FAILED" || node.errortype === "INVALID_AUDIENCE_MEMBERSHIP") return { kind: "refused", code: "payload", detail: said, status: node.status };
  if (node.errortype !== undefined && (connections.has(node.errortype) || node.errortype.startsWith("ERR_"))) return { kind: "retry", code: "connection_failed", detail: said, isOfDestination: true };
  // Some tell of an answer that never came, or of a busy vendor, as of a mistake of ours.
  if (isTrouble(wire) && node.status !== 401 && !isLater(node.status)) return wire.kind === "failure" ? outcomeOfNoReply(wire) : outcomeOfStatus(wire.kind === "reply" ? wire.status : node.status, said, reading);
  return outcomeOfStatus(node.status, said, reading);
}

/** The package often hands on no more than a status in words; then the vendor's own words stand beside it, where there are any. */
function toldBy(message: string, status: number | undefined, { wire, clean }: ReadWith): string {
  const told = clean(message);
  if (told === NOT_TOLD || wire.kind !== "reply" || wire.said === "" || (status ?? wire.status) !== wire.status || !isStatusAlone(told)) return told;
  return `${told === "" ? `It answered ${wire.status}` : told.replace(/[.:\s]+$/, "")}: ${clean(wire.said)}`;
}

const statusWords = new Set(Object.values(STATUS_CODES).map((words) => words?.toLowerCase()));

/** As "Bad Request", "HTTP 400: Bad Request" and "Request failed with status code 400" are. */
function isStatusAlone(text: string): boolean {
  const words = text.toLowerCase().replace(/\d{3}|[^\p{L}\s-]/gu, " ").replace(/\s+/g, " ").trim();
  const rest = words.replace(/^(?:(?:http ?error|https?|error|request failed with|response|status|code)(?: |$))+/, "").trim();
  return [words, rest].some((one) => one === "" || statusWords.has(one));
}

interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly status: number | undefined;
}

function look(error: unknown): Thrown {
  if (typeof error !== "object" || error === null) return { name: "", message: String(error), code: "", status: undefined };
  const read = (of: unknown, key: string): unknown => typeof of === "object" && of !== null ? Reflect.get(of, key) : undefined;
  const status = [read(error, "status"), read(read(error, "response"), "status"), read(error, "statusCode")].find((one) => typeof one === "number");
  return { name: String(read(error, "name") ?? ""), message: String(read(error, "message") ?? ""), code: String(read(error, "code") ?? ""), status: status as number | undefined }; // Looked for by its type.
}
