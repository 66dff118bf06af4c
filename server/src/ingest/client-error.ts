// Typed answers to what never became a request: Node's HTTP parser refused it, or it did not come to an end.
import type { Socket } from "node:net";
import { AppError } from "../core/errors.ts";
import { limitText, type Limits } from "../core/limits.ts";
import { errorAnswer } from "./answers.ts";

/** For the server's event `clientError`. Answers if anybody can still hear it, and ends the connection. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket, limits: Limits): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) return void socket.destroy();
  const { status, body } = errorAnswer(clientError(error.code, limits));
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function clientError(code: string | undefined, limits: Limits): AppError {
  if (code === "HPE_HEADER_OVERFLOW") return new AppError("headers_too_large", { detail: limitText("headerBytesMax", limits) });
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new AppError("request_timeout");
  return new AppError("bad_request", { detail: "It is not valid HTTP." });
}
