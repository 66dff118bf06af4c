// The API: /api/v1 with its OpenAPI document and reference page, health and metrics, as one Fastify plugin. Every request
// under /api/v1 passes the same gate: token or session, rate, scopes, then the route's own schemas.
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from "fastify";
import { isNestedDeeperThan } from "../core/nesting.ts";
import { AppError } from "../core/errors.ts";
import { hasScope, type ReadEntry } from "../governance/governance.ts";
import { registerAccountDoor } from "./account-door.ts";
import { accountPasswordRoutes } from "./account-passwords.ts";
import type { ApiDeps } from "./api-deps.ts";
import { createServices, type ApiServices } from "./api-services.ts";
import type { Mask } from "./answer-masks.ts";
import { alertRoutes } from "./alerts.ts";
import { alertChannelRoutes } from "./alert-channels.ts";
import { exportRoutes } from "./exports.ts";
import { forgettingRoutes } from "./forgettings.ts";
import { registerSharedFiles } from "./shared-file.ts";
import { audienceExportRoute } from "./audience-export.ts";
import { audienceMembershipRoutes } from "./audience-membership.ts";
import { audiencePreviewRoutes } from "./audience-preview.ts";
import { audienceWhyRoute } from "./audience-why.ts";
import { audienceFileRoutes } from "./audience-files.ts";
import { audienceHelpRoutes } from "./audience-help.ts";
import { audienceListRoutes } from "./audience-lists.ts";
import { audienceRoutes } from "./audiences.ts";
import { catalogRoutes } from "./catalog.ts";
import { computedQuestionRoutes } from "./computed-questions.ts";
import { computedTraitRoutes } from "./computed-traits.ts";
import { auditRoutes } from "./audit.ts";
import { findCaller, type Caller } from "./caller.ts";
import { hijacked, type Method, type Route } from "./define-route.ts";
import { audienceSyncRoutes } from "./audience-sync.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { destinationAuthorizationRoutes } from "./destination-authorization.ts";
import { destinationForgetRoute } from "./destination-forget.ts";
import { destinationRoutes } from "./destinations.ts";
import { deskRoutes } from "./desk.ts";
import { eventPathRoutes } from "./event-paths.ts";
import { eventRoutes } from "./events.ts";
import { freshnessRoutes } from "./freshness.ts";
import { registerHealth } from "./health.ts";
import { heldEventRoutes } from "./held-events.ts";
import { createIdempotency, type Answer } from "./idempotency.ts";
import { identityRoutes } from "./identity.ts";
import { invitationRoutes } from "./invitations.ts";
import { ledgerBucketRoutes } from "./ledger-buckets.ts";
import { identityGraphRoutes } from "./identity-graph.ts";
import { identityListRoutes } from "./identity-lists.ts";
import { ledgerRoutes } from "./ledger.ts";
import { createLiveTail, type LiveTail } from "./live-tail.ts";
import { meRoutes } from "./me.ts";
import type { Masking } from "./mask-payload.ts";
import { MASKED_HEADER, maskingFor, missingScope, takeLookUp } from "./masked-reading.ts";
import { memberRoutes } from "./members.ts";
import { registerOAuthCallback } from "./oauth-callback.ts";
import { observedRoutes } from "./observed.ts";
import { modelRunRoutes } from "./model-runs.ts";
import { modelRoutes } from "./models.ts";
import { openApiOf, type OpenApiDocument } from "./openapi.ts";
import { answerFrameworkError, errorHandler, parseInput, sendProblem } from "./problem.ts";
import { personRoutes } from "./person-routes.ts";
import { profileRoutes } from "./profiles.ts";
import { quarantineRoutes } from "./quarantine.ts";
import { RateLimiter } from "./rate-limit.ts";
import { registerReference } from "./reference-page.ts";
import { refusedWriteRoutes } from "./refused-writes.ts";
import { requestTimer } from "./request-metrics.ts";
import { revealRoutes } from "./reveal.ts";
import { settingsRoutes } from "./settings.ts";
import { sourceKeyRoutes } from "./source-keys.ts";
import { sourceRoutes } from "./sources.ts";
import { registerSqlEndpoint } from "./sql-endpoint.ts";
import { sqlRoutes } from "./sql.ts";
import { subscriptionTryRoutes } from "./subscription-tries.ts";
import { subscriptionRoutes } from "./subscriptions.ts";
import { tokenRoutes } from "./tokens.ts";
import { unmergeProposalRoutes } from "./unmerge-proposals.ts";
import { vocabularyRoutes } from "./vocabulary.ts";
import { warehouseRoutes } from "./warehouses.ts";
import { workspaceRoutes } from "./workspaces.ts";

export { apiLimits, type ApiDeps, type ApiLimits, type Readiness } from "./api-deps.ts";
export { defineRoute, type Route } from "./define-route.ts";
export { registerWithoutApi } from "./health.ts";

const PREFIX = "/api/v1";
const REF_LENGTH_MAX = 8_000;

/** What the server must be made with, so that long and badly encoded identifiers in addresses get the API's own answers. */
export const apiServerOptions = {
  routerOptions: { maxParamLength: REF_LENGTH_MAX },
  frameworkErrors: answerFrameworkError,
  genReqId: () => randomUUID(),
} satisfies FastifyServerOptions;

export interface Api {
  /** Registers everything; call it with `server.register(api.plugin)`. */
  readonly plugin: (server: FastifyInstance) => Promise<void>;
  readonly routes: readonly Route[];
  readonly openApi: OpenApiDocument;
  /** How many listen to the live tail. */
  readonly tailListeners: () => number;
  /** Ends the streams; the server's own close waits for everything else. */
  close(): Promise<void>;
}

export function createApi(deps: ApiDeps): Api {
  const services = createServices(deps);
  const tail = createLiveTail(services);
  const routes = routesOf(services, tail);
  const openApi = openApiOf(routes, { version: deps.version, publicUrl: deps.publicUrl });
  return {
    routes,
    openApi,
    tailListeners: () => tail.listeners(),
    close: () => tail.close(),
    plugin: async (server) => {
      server.setErrorHandler(errorHandler(deps.logger));
      server.setNotFoundHandler((request, reply) => {
        const page = deps.page?.(request, reply);
        if (page !== undefined) return page;
        const nothing = new AppError("not_found", { hint: "The API is below /api/v1, with its reference at /api/docs; events are sent to /v1." });
        return sendProblem(reply.header("x-content-type-options", "nosniff"), nothing, request.id);
      });
      registerHealth(server, deps);
      registerReference(server, openApi);
      await registerAccountDoor(server, deps);
      await server.register((scope) => registerSqlEndpoint(scope, services));
      await registerOAuthCallback(server, services);
      await registerSharedFiles(server, services);
      await server.register((scope) => registerRoutes(scope, services, routes), { prefix: PREFIX });
      server.addHook("preClose", () => tail.close());
      // After the last answer: what was read until then is written.
      server.addHook("onClose", () => services.reads.close());
    },
  };
}

function routesOf(services: ApiServices, tail: LiveTail): Route[] {
  return [
    ...profileRoutes(services),
    ...deskRoutes(services),
    ...personRoutes(services),
    ...identityGraphRoutes(services),
    ...identityRoutes(services),
    ...identityListRoutes(services),
    ...unmergeProposalRoutes(services),
    ...eventRoutes(services, tail),
    ...revealRoutes(services),
    ...eventPathRoutes(services),
    ...quarantineRoutes(services),
    ...heldEventRoutes(services),
    ...refusedWriteRoutes(services),
    ...ledgerRoutes(services),
    ...freshnessRoutes(services), ...ledgerBucketRoutes(services),
    ...alertRoutes(services), ...alertChannelRoutes(services),
    ...sourceRoutes(services), ...sourceKeyRoutes(services),
    ...observedRoutes(services),
    ...settingsRoutes(services),
    ...vocabularyRoutes(services),
    ...audienceRoutes(services), ...audienceHelpRoutes(services), ...audienceListRoutes(services), ...audienceFileRoutes(services),
    ...audiencePreviewRoutes(services), ...audienceMembershipRoutes(services), audienceExportRoute(services), audienceWhyRoute(services),
    ...computedTraitRoutes(services), ...computedQuestionRoutes(services),
    ...catalogRoutes(services), ...destinationRoutes(services), ...destinationAuthorizationRoutes(services), ...subscriptionRoutes(services), ...subscriptionTryRoutes(services), ...deliveryRoutes(services),
    ...audienceSyncRoutes(services), destinationForgetRoute(services),
    ...exportRoutes(services),
    ...forgettingRoutes(services),
    ...warehouseRoutes(services),
    ...modelRoutes(services), ...modelRunRoutes(services),
    ...sqlRoutes(services),
    ...tokenRoutes(services),
    ...workspaceRoutes(services),
    ...meRoutes(services),
    ...memberRoutes(services),
    ...invitationRoutes(services),
    ...accountPasswordRoutes(services),
    ...auditRoutes(services),
    ...(services.deps.moreRoutes ?? []),
  ];
}

/** `/profiles/{ref}` → `/profiles/:ref`. */
function fastifyPath(route: Route): string {
  return route.path.replace(/\{(\w+)\}/g, ":$1");
}

async function registerRoutes(scope: FastifyInstance, services: ApiServices, routes: readonly Route[]): Promise<void> {
  const { deps, limits } = services;
  const callers = new WeakMap<FastifyRequest, Caller>();
  const rate = new RateLimiter<string | number>(limits.requestsPerSecond, limits.requestsBurst);
  /** By address: whoever guesses costs the database little, and those whose token is known already are not held up by it. */
  const failures = new RateLimiter<string>(limits.failuresPerSecond, limits.failuresBurst);
  const once = createIdempotency(deps);
  const timer = requestTimer(deps.registry);

  scope.setErrorHandler(errorHandler(deps.logger));
  parseJsonOnly(
    scope,
    new Set(routes.filter((route) => route.streamBody !== undefined).map((route) => `${route.method} ${PREFIX}${fastifyPath(route)}`)),
  );
  scope.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id).header("x-content-type-options", "nosniff").header("cache-control", "no-store");
    const nowMs = deps.clock.nowMs();
    const caller = await findCaller(services, request, reply, () => failures.check(request.ip, nowMs));
    if (caller === undefined) {
      failures.take(request.ip, nowMs);
      throw new AppError("unauthenticated");
    }
    rate.take(caller.key, nowMs);
    callers.set(request, caller);
  });
  scope.addHook("onResponse", async (request, reply) => {
    timer(request.method, request.routeOptions.url, reply.statusCode, reply.elapsedTime);
  });
  scope.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(routes, request.url);
    if (allowed.length === 0) return sendProblem(reply, new AppError("not_found"), request.id);
    return sendProblem(reply.header("allow", allowed.join(", ")), new AppError("method_not_allowed"), request.id);
  });

  for (const route of routes) {
    scope.route({
      method: route.method,
      url: fastifyPath(route),
      exposeHeadRoute: false,
      bodyLimit: route.streamBody?.bytesMax ?? limits.bodyBytesMax,
      handler: async (request, reply) => {
        const caller = callers.get(request);
        if (caller === undefined) throw new AppError("unauthenticated");
        return handle({ services, once }, route, { caller, request, reply });
      },
    });
  }
}

interface Asking {
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

type Parts = { readonly services: ApiServices; readonly once: ReturnType<typeof createIdempotency> };

/** Behind the gate: scopes, the route's own schemas, what the caller may see. */
async function handle({ services, once }: Parts, route: Route, asking: Asking): Promise<FastifyReply> {
  const { caller, request, reply } = asking;
  const missing = route.scopes.find((needed) => !hasScope(caller, needed));
  if (missing !== undefined) throw new AppError("forbidden", { detail: missingScope(missing) });
  const nowMs = services.deps.clock.nowMs();
  const body = bodyOf(route, request);
  const params = route.params ? parseInput(route.params, request.params, "path") : undefined;
  const query = route.query ? parseInput(route.query, request.query, "query") : undefined;
  const masking = await maskingFor(services, route, caller, nowMs);
  if (masking !== undefined) reply.header(MASKED_HEADER, "true");
  if (!hasScope(caller, "personal_data")) await takeLookUp(services, caller, { params, query }, nowMs);
  const context = { ...asking, ...readingOf(services, caller, masking), params, query, body: route.body ? parseInput(route.body, body, "body") : undefined, nowMs };
  const key = request.headers["idempotency-key"];
  if (route.method !== "POST" || route.streamBody !== undefined || key === undefined) {
    const answer = await route.handle(context);
    return answer === hijacked ? reply : send(reply, masked(route, answer, masking));
  }
  const content = [request.method, request.url, JSON.stringify(body ?? null)];
  const asked = { workspaceId: caller.workspaceId, callerKey: caller.key, secret: caller.sealingSecret, key: String(key), nowMs, content };
  const answer = await once(asked, async () => masked(route, await jsonAnswer(route, context), masking));
  if (answer.replayed) reply.header("idempotent-replayed", "true");
  return send(reply, answer);
}

/** What of the context follows from who asks. */
function readingOf({ reads }: ApiServices, caller: Caller, masking: Masking | undefined) {
  const { workspaceId, actor, kind, isAdmitted } = caller;
  return {
    workspaceId, actor, isAdmitted,
    isMasked: !hasScope(caller, "personal_data"),
    // A mask answers with the shape it was given.
    shown: <T>(mask: Mask, value: T): T => (masking === undefined ? value : (mask(value, masking) as T)),
    saw: (entry: ReadEntry) => reads.record({ workspaceId, actor, kind }, entry),
  };
}

function masked<A extends Answer>(route: Route, answer: A, masking: Masking | undefined): A {
  return masking === undefined || route.masks === undefined ? answer : { ...answer, body: route.masks(answer.body, masking) };
}

async function jsonAnswer(route: Route, context: Parameters<Route["handle"]>[0]): Promise<Answer> {
  const answer = await route.handle(context);
  if (answer === hijacked) throw new AppError("bad_request", { detail: "A stream can't be repeated." });
  return answer;
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.headers) reply.headers(answer.headers);
  return reply.code(answer.status).header("content-type", "application/json; charset=utf-8").send(JSON.stringify(answer.body));
}

function bodyOf(route: Route, request: FastifyRequest): unknown {
  if (route.streamBody) return undefined;
  // A body may be left out where nothing in it is required.
  return request.body ?? (route.body ? {} : undefined);
}

/** JSON bodies are parsed here; everything else is refused, except by routes that take the stream as it is. */
function parseJsonOnly(scope: FastifyInstance, streams: ReadonlySet<string>): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (request, payload, done) => {
    if (streams.has(`${request.method} ${request.routeOptions.url ?? ""}`)) return done(null, payload);
    if (!/^application\/([\w.-]+\+)?json\b/i.test(request.headers["content-type"] ?? "")) {
      // Read to its end, so that the connection can be used again; bounded by the server's limits on connections.
      payload.resume();
      return done(new AppError("bad_request", { detail: "The body is not JSON.", hint: "Send `Content-Type: application/json`." }));
    }
    readJson(payload, request.routeOptions.bodyLimit ?? 0).then((body) => done(null, body), done);
  });
}

/** Far more than any route means, far less than what would be too much for checking it. */
const NESTING_MAX = 100;

async function readJson(payload: Readable, bytesMax: number): Promise<unknown> {
  const bytes = await readBytes(payload, bytesMax);
  if (bytes.length === 0) return undefined;
  const body = parsed(bytes);
  if (isNestedDeeperThan(body, NESTING_MAX)) throw new AppError("bad_request", { detail: `Objects and lists are nested more than ${NESTING_MAX} deep.`, hint: "Send a flatter body." });
  return body;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new AppError("invalid_json", { cause: error });
  }
}

function readBytes(payload: Readable, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const onData = (part: Buffer) => {
      bytes += part.length;
      if (bytes <= bytesMax) return void parts.push(part);
      // The rest is thrown away unread, so that the sender gets the answer and not a broken connection.
      payload.off("data", onData).resume();
      reject(new AppError("body_too_large", { detail: `The limit is ${bytesMax} bytes.`, hint: "Send a smaller body." }));
    };
    payload
      .on("data", onData)
      .once("end", () => resolve(Buffer.concat(parts)))
      .once("error", reject);
  });
}

/** Methods that the path takes, for a request whose method it does not. */
function methodsOf(routes: readonly Route[], url: string): Method[] {
  const path = url.split("?", 1)[0] ?? "";
  return routes
    .filter((route) => new RegExp(`^${PREFIX}${route.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(path))
    .map((route) => route.method);
}
