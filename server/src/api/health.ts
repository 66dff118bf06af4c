// For whoever runs the server: is it alive, can it do its work, and its metrics. No token; nothing about people or
// workspaces is told.
import type { FastifyInstance } from "fastify";
import { apartMs } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { ApiDeps, Readiness } from "./api-deps.ts";
import { errorHandler, sendProblem } from "./problem.ts";

/** A part that does not answer within this is not ready. */
const READINESS_TIMEOUT_MS = 3_000;
/** Answers are shared for this long, so that asking often costs nothing. */
const READINESS_CACHE_MS = 500;

export type HealthDeps = Pick<ApiDeps, "readiness" | "registry" | "clock" | "logger">;

/** For a process that has not the role `api`: it can be looked after like any other, and says of everything else that it is not here. */
export function registerWithoutApi(server: FastifyInstance, deps: HealthDeps): void {
  server.setErrorHandler(errorHandler(deps.logger));
  server.setNotFoundHandler((request, reply) => {
    const elsewhere = new AppError("not_found", { hint: "This process has not the role `api` (TRIBUTARY_ROLES); its health is below /health." });
    return sendProblem(reply.header("x-content-type-options", "nosniff"), elsewhere, request.id);
  });
  registerHealth(server, deps);
}

export function registerHealth(server: FastifyInstance, deps: HealthDeps): void {
  // The first is what collectors of the field answer to whoever looks after them.
  for (const path of ["/health", "/health/live"]) server.get(path, async () => ({ status: "live" }));
  let cached: { readonly atMs: number; readonly answer: Promise<Readiness> } | undefined;
  server.get("/health/ready", async (_request, reply) => {
    const nowMs = deps.clock.nowMs();
    if (cached === undefined || apartMs(nowMs, cached.atMs) > READINESS_CACHE_MS) cached = { atMs: nowMs, answer: checked(deps) };
    const { ready, degraded, parts } = await cached.answer;
    return reply
      .code(ready ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ status: ready ? (degraded ? "degraded" : "ready") : "not_ready", parts });
  });
  server.get("/metrics", async (_request, reply) =>
    reply.header("content-type", deps.registry.contentType).send(await deps.registry.metrics()),
  );
}

async function checked({ readiness, logger }: Pick<ApiDeps, "readiness" | "logger">): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(() => resolve(notReady(`No answer within ${READINESS_TIMEOUT_MS} ms.`)), READINESS_TIMEOUT_MS);
  });
  try {
    return await Promise.race([readiness(), late]);
  } catch (error) {
    // Anybody may read the answer: what went wrong is told to the log alone.
    logger.error({ err: error }, "the check of readiness failed");
    return notReady("The check itself failed.");
  } finally {
    clearTimeout(timer);
  }
}

function notReady(detail: string): Readiness {
  return { ready: false, parts: { server: { ok: false, detail } } };
}
