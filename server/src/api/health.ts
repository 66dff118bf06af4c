// For whoever runs the server: is it alive, can it do its work, and its metrics. No token; nothing about people or
// workspaces is told.
import type { FastifyInstance } from "fastify";
import type { ApiDeps, Readiness } from "./api-deps.ts";

/** A part that does not answer within this is not ready. */
const READINESS_TIMEOUT_MS = 3_000;
/** Answers are shared for this long, so that asking often costs nothing. */
const READINESS_CACHE_MS = 500;

export function registerHealth(server: FastifyInstance, deps: Pick<ApiDeps, "readiness" | "registry" | "clock" | "logger">): void {
  server.get("/health/live", async () => ({ status: "live" }));
  let cached: { readonly atMs: number; readonly answer: Promise<Readiness> } | undefined;
  server.get("/health/ready", async (_request, reply) => {
    const nowMs = deps.clock.nowMs();
    if (cached === undefined || nowMs - cached.atMs > READINESS_CACHE_MS) cached = { atMs: nowMs, answer: checked(deps) };
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
