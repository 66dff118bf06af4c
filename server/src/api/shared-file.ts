// The file behind a share's link: /shared/{secret}. Whoever has the link needs no account; of one that does not work nothing is told.
import type { FastifyInstance } from "fastify";
import { AppError } from "../core/errors.ts";
import { openShare } from "../exports/exports.ts";
import { readAudienceNames } from "../destinations/destinations.ts";
import { recordAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { sendAudience } from "./audience-export.ts";
import { errorHandler } from "./problem.ts";
import { RateLimiter } from "./rate-limit.ts";

export const SHARED_PATH = "/shared";
/** Of one address. */
const TRIES_PER_SECOND = 1;
const TRIES_BURST = 20;

export async function registerSharedFiles(server: FastifyInstance, services: ApiServices): Promise<void> {
  const { deps } = services;
  const tries = new RateLimiter<string>(TRIES_PER_SECOND, TRIES_BURST);
  await server.register(async (scope) => {
    scope.setErrorHandler(errorHandler(deps.logger));
    scope.get<{ Params: { secret: string } }>(`${SHARED_PATH}/:secret`, { exposeHeadRoute: false }, async (request, reply) => {
      const nowMs = deps.clock.nowMs();
      tries.take(request.ip, nowMs);
      reply.headers({ "cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-robots-tag": "noindex" });
      const share = /^[\w-]{43}$/.test(request.params.secret) ? await openShare(deps.pool, request.params.secret, nowMs) : undefined;
      const { workspaceId } = share ?? { workspaceId: 0 };
      const audience = share && (await deps.workspaceDb.run(workspaceId, (db) => readAudienceNames(db, workspaceId, [share.audienceId]))).get(share.audienceId);
      if (share === undefined || audience === undefined) throw new AppError("not_found", { detail: "This link does not work, or not any more.", hint: "Ask for another one whoever gave it to you." });
      const actor = `share:${share.id}`;
      await sendAudience(
        services, reply, { workspaceId, audience, columns: share.columns, format: share.format, rowLimit: share.rowLimit, nowMs, of: { kind: "share", actor, shareId: share.id } },
        (people) => deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action: "share.download", target: `audience:${audience.slug}`, detail: { people, share: share.id, from: request.ip } }, nowMs)),
      );
      return reply;
    });
  });
}
