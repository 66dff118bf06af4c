// Every error of the API leaves as problem details (RFC 9457): stable code, message, hint, request id. What is not an
// AppError is a bug or an engine's failure: it is logged and leaves as `internal`, telling nothing about the inside.
import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Problem } from "@tributary/schema/api/answer-parts.ts";
import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";
const ISSUES_MAX = 10;

export function problemOf(error: AppError, requestId: string): Problem {
  return {
    type: `/api/docs#error-${error.code}`,
    title: STATUS_CODES[error.status] ?? "Error",
    status: error.status,
    code: error.code,
    message: error.message,
    hint: error.hint,
    request_id: requestId,
  };
}

export function sendProblem(reply: FastifyReply, error: AppError, requestId: string): FastifyReply {
  if (error.retryAfterSeconds !== undefined) reply.header("retry-after", String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
  if (error.status === 401) reply.header("www-authenticate", 'Bearer realm="tributary"');
  return reply
    .code(error.status)
    .header("content-type", PROBLEM_TYPE)
    .header("cache-control", "no-store")
    .send(JSON.stringify(problemOf(error, requestId)));
}

/** Fastify's own refusals (bad body, bad address) as errors of the catalogue; undefined for what is a failure of ours. */
export function appErrorOf(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const { code, message } = (typeof error === "object" && error !== null ? error : {}) as Partial<FastifyError>;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new AppError("body_too_large", { hint: "Send a smaller body." });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new AppError("bad_request", {
        detail: "This body's content type is not taken here.",
        hint: "Send `Content-Type: application/json`.",
      });
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new AppError("invalid_json");
    case "FST_ERR_BAD_URL":
      return new AppError("bad_request", { detail: "The address is not valid percent-encoding.", hint: "Encode `%` as %25." });
    case "FST_ERR_MAX_LIMIT_REACHED":
      return new AppError("bad_request", { detail: message ?? "" });
    default:
      return undefined;
  }
}

/** For the server's own `frameworkErrors`: an address that can't be decoded never reaches a route. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, appErrorOf(error) ?? new AppError("bad_request"), request.id);
}

export function errorHandler(logger: Logger) {
  return function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const known = appErrorOf(error) ?? engineRefusal(error);
    if (known === undefined || known.status >= 500) {
      logger.error({ requestId: request.id, route: request.routeOptions.url, err: error }, "a request failed");
    }
    sendProblem(reply, known ?? new AppError("internal"), request.id);
  };
}

/** What an engine says when it is too busy or gone. */
function engineRefusal(error: unknown): AppError | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  // ClickHouse: TIMEOUT_EXCEEDED, MEMORY_LIMIT_EXCEEDED; Postgres: statement_timeout.
  if (code === "159" || code === "241" || code === "57014") {
    return new AppError("limit_reached", {
      detail: "This question takes longer or more memory than a request may.",
      hint: "Ask for a shorter time or fewer rows.",
      cause: error,
    });
  }
  // Postgres: text that it can't hold (NUL, half a surrogate pair).
  if (code === "22021" || code === "22P05")
    return new AppError("bad_request", { detail: "A text holds characters that can't be stored.", cause: error });
  // Postgres: NUMERIC_VALUE_OUT_OF_RANGE; ClickHouse: BAD_QUERY_PARAMETER. Schemas bound what is asked; this is for what they miss.
  if (code === "22003" || code === "457") return new AppError("bad_request", { detail: "A number is out of range.", cause: error });
  // Postgres: shutting down, starting, too many connections.
  if (/^(57P0[123]|53300|ECONNREFUSED|ECONNRESET|ENOENT)$/.test(code)) {
    return new AppError("unavailable", { detail: "A database engine does not answer.", retryAfterSeconds: 2, cause: error });
  }
  return undefined;
}

/** Parses with zod; a refusal names the field and what is wrong with it. */
export function parseInput<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, ISSUES_MAX)
    .map((issue) => `${[where, ...issue.path.map(String)].join(".")}: ${issue.message}`);
  throw new AppError("bad_request", { detail: issues.join("; ") });
}
