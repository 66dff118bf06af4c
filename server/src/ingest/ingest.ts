// Collection over HTTP: every path that the SDKs of the field call. It works on plain Node requests, before any
// framework, because a small event costs less than a framework's routing; `register` hangs it into a Fastify server for
// requests that come another way, `serverFactory` puts it in front of one.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ServerOptions as TlsOptions } from "node:https";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type pg from "pg";
import type { Registry } from "prom-client";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { Logger } from "../core/logger.ts";
import type { EventLog } from "../log/log.ts";
import type { SourceDirectory } from "../sources/source-directory.ts";
import { errorAnswer, send, type Answer } from "./answers.ts";
import { createAuthenticate } from "./authenticate.ts";
import { createBodyBudget, drain, SenderGone } from "./body-reader.ts";
import { createBrowserLibrary } from "./browser-library.ts";
import { createClientAddress } from "./client-address.ts";
import { answerClientError } from "./client-error.ts";
import { createCollect } from "./collect.ts";
import { boundBody, createHttpServer, type Listener } from "./http-server.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import { createKeyUse } from "./key-use.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { createRejectedKeys } from "./rejected-keys.ts";
import { createResponder } from "./respond.ts";
import { routeOf, type Route } from "./routes.ts";
import { publicAddress } from "./settings-json.ts";

export interface IngestOptions {
  readonly log: EventLog;
  readonly sources: SourceDirectory;
  /** For the counts of rejected keys and of the use of keys only. */
  readonly pool: pg.Pool;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly publicUrl: string;
  /** The entries of TRUST_PROXY; see client-address.ts. Empty trusts nobody. */
  readonly trustProxy: readonly string[];
  readonly unknownKeyStatus: 200 | 401;
  /** See createRateLimiter. */
  readonly websiteEventsPerSecond: number;
  readonly version: string;
}

export interface Ingest {
  /** Answers the request when it is collection's; false leaves it, untouched, to whoever is next. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** For Fastify's option of that name: a server that asks collection first. With `tls` it speaks HTTPS. */
  serverFactory(next: Listener, tls?: TlsOptions): Server;
  /** The same server under the same limits, without collection: for a process that does not have the role. */
  plainServerFactory(next: Listener, tls?: TlsOptions): Server;
  /** Hangs collection into a Fastify server made without `serverFactory`, and for `app.inject`. */
  register(app: FastifyInstance): void;
  /** For Fastify's option `clientErrorHandler`: typed answers to what never became a request. */
  answerClientError(error: Error & { readonly code?: string }, socket: Socket): void;
  /** From now on each answer ends its connection: senders that keep theirs open would send on for ever. */
  endConnections(): void;
  /** Writes what is still in memory. Requests under way are the server's to end first. */
  stop(): Promise<void>;
}

/** While the log can't be written every request fails alike; one line a second says so. */
const failureLogMs = 1_000;

export function createIngest(options: IngestOptions): Ingest {
  const { limits, logger } = options;
  const address = publicAddress(options.publicUrl);
  const budget = createBodyBudget(limits);
  const metrics = createIngestMetrics(options.registry, () => budget.heldBytes);
  const rejectedKeys = createRejectedKeys(options);
  const keyUse = createKeyUse(options);
  const { authenticate, authenticateKey } = createAuthenticate({ sources: options.sources, rejectedKeys, metrics, clock: options.clock });
  const collect = createCollect({
    ...options, authenticate, budget, metrics, keyUse, rateLimiter: createRateLimiter(options.websiteEventsPerSecond), clientAddress: createClientAddress(options.trustProxy),
  });
  const library = createBrowserLibrary(address.url);
  const respond = createResponder({ collect, authenticate, authenticateKey, library, address, version: options.version });

  let isEnding = false;
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
      reply = await respond(route, request, query);
    } catch (error) {
      if (error instanceof SenderGone) {
        response.destroy();
        return;
      }
      if (!(error instanceof AppError)) logFailure(error);
      reply = errorAnswer(error instanceof AppError ? error : new AppError("internal"));
    }
    // A body that is late keeps its connection; no other request may follow on it.
    if (reply.status === 408 || isEnding) reply = { ...reply, headers: [...(reply.headers ?? []), "connection", "close"] };
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
    serverFactory: (next, tls) => createHttpServer((request, response) => {
      if (handle(request, response)) return;
      boundBody(request, response, limits);
      next(request, response);
    }, limits, tls),
    plainServerFactory: (next, tls) => createHttpServer((request, response) => {
      boundBody(request, response, limits);
      next(request, response);
    }, limits, tls),
    register(app) {
      // The earliest hook: no body is parsed and no route looked for before it.
      app.addHook("onRequest", (request, reply, done) => {
        if (!handle(request.raw, reply.raw)) return done();
        reply.hijack();
      });
    },
    answerClientError: (error, socket) => answerClientError(error, socket, limits),
    endConnections: () => void (isEnding = true),
    async stop() {
      await Promise.all([rejectedKeys.stop(), keyUse.stop()]);
    },
  };
}
