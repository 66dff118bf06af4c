// Collection over HTTP: every path that the SDKs of the field call. It works on plain Node requests, before any
// framework, because a small event costs less than a framework's routing; `register` hangs it into a Fastify server for
// requests that come another way, `serverFactory` puts it in front of one.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from "node:https";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type pg from "pg";
import type { Registry } from "prom-client";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { limitText, type Limits } from "../core/limits.ts";
import type { Logger } from "../core/logger.ts";
import type { EventLog } from "../log/log.ts";
import type { SourceDirectory } from "../sources/source-directory.ts";
import {
  emptyAnswer, errorAnswer, jsonAnswer, pixelAnswer, preflightAnswer, send, successAnswer, textAnswer, wrongMethodAnswer, type Answer,
} from "./answers.ts";
import { createBodyBudget, drain, SenderGone } from "./body-reader.ts";
import { createBrowserLibrary, etagOf, type BrowserFile } from "./browser-library.ts";
import { createClientAddress } from "./client-address.ts";
import { createCollector } from "./collect.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { createRejectedKeys } from "./rejected-keys.ts";
import { routeOf, type Route } from "./routes.ts";
import { publicAddress, rudderSourceConfig, segmentSettings } from "./settings-json.ts";
import { basicKey, headerKey, queryKey } from "./write-key.ts";

export interface IngestOptions {
  readonly log: EventLog;
  readonly sources: SourceDirectory;
  /** For the counts of rejected keys only. */
  readonly pool: pg.Pool;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly publicUrl: string;
  /** The entries of TRUST_PROXY; see client-address.ts. Empty trusts nobody. */
  readonly trustProxy: readonly string[];
  readonly unknownKeyStatus: 200 | 401;
  readonly version: string;
}

export interface Ingest {
  /** Answers the request when it is collection's; false leaves it, untouched, to whoever is next. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** For Fastify's option of that name: a server that asks collection first. With `tls` it speaks HTTPS. */
  serverFactory(next: (request: IncomingMessage, response: ServerResponse) => void, tls?: TlsOptions): Server;
  /** Hangs collection into a Fastify server made without `serverFactory`, and for `app.inject`. */
  register(app: FastifyInstance): void;
  /** For Fastify's option `clientErrorHandler`: typed answers to what never became a request. */
  answerClientError(error: Error & { readonly code?: string }, socket: Socket): void;
  /** Writes what is still in memory. Requests under way are the server's to end first. */
  stop(): Promise<void>;
}

const settingsMaxAgeSeconds = 120;
const scriptMaxAgeSeconds = 300;
/** Longer than load balancers keep an idle connection, so that it is never us who close one that is about to be used. */
const keepAliveMs = 65_000;
/** While the log can't be written every request fails alike; one line a second says so. */
const failureLogMs = 1_000;

export function createIngest(options: IngestOptions): Ingest {
  const { limits, logger, publicUrl } = options;
  const address = publicAddress(publicUrl);
  const budget = createBodyBudget(limits);
  const metrics = createIngestMetrics(options.registry, () => budget.heldBytes);
  const rejectedKeys = createRejectedKeys(options);
  const library = createBrowserLibrary(address.url);
  const collector = createCollector({
    ...options, budget, metrics, rejectedKeys, rateLimiter: createRateLimiter(), clientAddress: createClientAddress(options.trustProxy),
  });

  async function answer(route: Route, request: IncomingMessage, query: string): Promise<Answer> {
    switch (route.kind) {
      case "single":
      case "batch":
        return collector.collect(request, route, query);
      case "pixel":
        // Programs that look at links by HEAD before anybody opens them must leave no event.
        if (request.method === "HEAD") return pixelAnswer;
        await collector.collect(request, route, query);
        return pixelAnswer;
      case "settings":
        await collector.authenticate(route.writeKey, request);
        return cached(request, jsonAnswer(segmentSettings(route.writeKey, address)), settingsMaxAgeSeconds);
      case "source_config":
        return sourceConfig(request, query);
      case "library":
        await collector.authenticate(route.writeKey, request);
        return fileAnswer(request, await library.script(route.writeKey), `public, max-age=${scriptMaxAgeSeconds}`);
      case "library_bundle": {
        const file = await library.bundle(route.file);
        if (!file) throw new AppError("not_found");
        return fileAnswer(request, file, "public, max-age=31536000, immutable");
      }
      case "discard":
        return route.answer === "success" ? successAnswer : emptyAnswer;
      case "version":
        return jsonAnswer({ name: "tributary", version: options.version }, ["access-control-allow-origin", "*"]);
      case "robots":
        return textAnswer("User-agent: *\nDisallow: /\n");
      case "preflight":
        return preflightAnswer(route.methods);
      case "wrong_method":
        return wrongMethodAnswer(route.methods);
    }
  }

  async function sourceConfig(request: IncomingMessage, query: string): Promise<Answer> {
    const key = basicKey(request.headers) ?? queryKey(new URLSearchParams(query)) ?? headerKey(request.headers);
    const source = await collector.authenticate(key, request);
    return jsonAnswer(rudderSourceConfig(key ?? "", source), ["cache-control", "no-cache"]);
  }

  let failureLoggedAtMs = -Infinity;
  function logFailure(error: unknown): void {
    const now = options.clock.nowMs();
    if (now - failureLoggedAtMs < failureLogMs) return;
    failureLoggedAtMs = now;
    logger.error({ err: error }, "Collection failed.");
  }

  async function serve(route: Route, request: IncomingMessage, response: ServerResponse, query: string): Promise<void> {
    let reply: Answer;
    try {
      reply = await answer(route, request, query);
    } catch (error) {
      if (error instanceof SenderGone) {
        response.destroy();
        return;
      }
      if (!(error instanceof AppError)) logFailure(error);
      reply = errorAnswer(error instanceof AppError ? error : new AppError("internal"));
    }
    // A body that is late keeps its connection; no other request may follow on it.
    if (reply.status === 408) reply = { ...reply, headers: [...(reply.headers ?? []), "connection", "close"] };
    metrics.request(route.kind, send(request, response, reply));
    drain(request, limits);
  }

  function handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? "/";
    const question = url.indexOf("?");
    const route = routeOf(request, question < 0 ? url : url.slice(0, question));
    if (!route) return false;
    serve(route, request, response, question < 0 ? "" : url.slice(question + 1)).catch((error: unknown) => {
      logFailure(error);
      response.destroy();
    });
    return true;
  }

  return {
    handle,
    serverFactory(next, tls) {
      const listener = (request: IncomingMessage, response: ServerResponse): void => {
        if (!handle(request, response)) next(request, response);
      };
      const common = {
        maxHeaderSize: limits.headerBytesMax, headersTimeout: limits.bodyTimeoutMs, requestTimeout: limits.bodyTimeoutMs * 2,
        keepAliveTimeout: keepAliveMs, noDelay: true,
      };
      const server = tls ? createTlsServer({ ...tls, ...common }, listener) : createServer(common, listener);
      server.maxConnections = limits.connectionsMax;
      return server;
    },
    register(app) {
      // The earliest hook: no body is parsed and no route looked for before it.
      app.addHook("onRequest", (request, reply, done) => {
        if (!handle(request.raw, reply.raw)) return done();
        reply.hijack();
      });
    },
    answerClientError(error, socket) {
      answerClientError(error, socket, limits);
    },
    stop: () => rejectedKeys.stop(),
  };
}

/** With an ETag of its bytes; 304 to whoever has them. Open to every origin: nothing in it is anybody's secret. */
function cached(request: IncomingMessage, reply: Answer, maxAgeSeconds: number): Answer {
  const etag = etagOf(reply.body);
  const headers = ["cache-control", `public, max-age=${maxAgeSeconds}`, "etag", etag, "access-control-allow-origin", "*"];
  return hasIt(request, etag) ? { status: 304, type: reply.type, body: Buffer.alloc(0), headers } : { ...reply, headers };
}

function fileAnswer(request: IncomingMessage, file: BrowserFile, cacheControl: string): Answer {
  const type = "text/javascript; charset=utf-8";
  const headers = ["cache-control", cacheControl, "etag", file.etag, "access-control-allow-origin", "*", "vary", "accept-encoding"];
  if (hasIt(request, file.etag)) return { status: 304, type, body: Buffer.alloc(0), headers };
  const takesGzip = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  if (!takesGzip) return { status: 200, type, body: file.plain, headers };
  return { status: 200, type, body: file.gzipped, headers: [...headers, "content-encoding", "gzip"] };
}

function hasIt(request: IncomingMessage, etag: string): boolean {
  return request.headers["if-none-match"]?.split(",").some((sent) => sent.trim().replace(/^W\//, "") === etag) === true;
}

function answerClientError(error: Error & { readonly code?: string }, socket: Socket, limits: Limits): void {
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
