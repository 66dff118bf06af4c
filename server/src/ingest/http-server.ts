// The HTTP server that everything answers through, whatever roles run: with a bound on headers, on connections, on how
// long a body may take, and on how long a sender may be silent.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from "node:https";
import { AppError } from "../core/errors.ts";
import { limitText, type Limits } from "../core/limits.ts";
import { errorAnswer, send } from "./answers.ts";

export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Longer than load balancers keep an idle connection, so that it is never us who close one that is about to be used. */
const keepAliveMs = 65_000;

/** The upload of a large import may take as long as it moves. */
const uploadPath = /^\/api\/v1\/imports\/[^/?]+\/content\/?(?:\?|$)/;

/** A server that is not listening yet. With `tls` it speaks HTTPS. */
export function createHttpServer(listener: Listener, limits: Limits, tls?: TlsOptions): Server {
  const common = {
    // No limit on a whole request, which would hold for uploads too: see boundBody.
    maxHeaderSize: limits.headerBytesMax, headersTimeout: limits.bodyTimeoutMs, requestTimeout: 0, keepAliveTimeout: keepAliveMs, noDelay: true,
  };
  const server = tls ? createTlsServer({ ...tls, ...common }, listener) : createServer(common, listener);
  server.maxConnections = limits.connectionsMax;
  return server;
}

/** For requests whose handler sets no bound of its own: an upload may not be silent for long, any other body not take long. */
export function boundBody(request: IncomingMessage, response: ServerResponse, limits: Limits): void {
  const hasBody = request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  if (!hasBody) return;
  if (request.method === "PUT" && uploadPath.test(request.url ?? "")) endWhenSilent(request, limits.bodyTimeoutMs);
  else endWhenLate(request, response, limits);
}

/** Ends the connection of a sender who leaves a body unfinished and sends nothing of it for so long. Answers may take longer. */
function endWhenSilent(request: IncomingMessage, silentMs: number): void {
  let receivedBytes = -1;
  const timer = setInterval(() => {
    const { bytesRead } = request.socket;
    if (request.complete) clearInterval(timer);
    else if (bytesRead === receivedBytes && !request.isPaused()) request.destroy();
    receivedBytes = bytesRead;
  }, silentMs);
  timer.unref();
  request.once("close", () => clearInterval(timer));
}

/** A byte now and then keeps no connection: from the headers to the end of the body there is a time, answered or not. */
function endWhenLate(request: IncomingMessage, response: ServerResponse, limits: Limits): void {
  const timer = setTimeout(() => {
    if (request.complete) return;
    const answer = errorAnswer(new AppError("request_timeout", { detail: limitText("bodyTimeoutMs", limits) }));
    send(request, response, { ...answer, headers: [...(answer.headers ?? []), "connection", "close"] });
    // What was answered above, or before, is on its way by the next turn.
    if (response.writableFinished) request.destroy();
    else response.once("close", () => request.destroy()).once("finish", () => request.destroy());
  }, limits.bodyTimeoutMs);
  timer.unref();
  request.once("close", () => clearTimeout(timer));
}
