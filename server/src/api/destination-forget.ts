// A destination is told to delete a person, by hand: what it answers is shown, and the audit log says that it was asked, and not for whom.
import { destinationParams, forgetBody, forgotten } from "@tributary/schema/api/destinations.ts";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { shownExchange, withoutSecrets } from "./destinations-shown.ts";
import { calling, DESTINATIONS_TAG } from "./destinations.ts";

export function destinationForgetRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/destinations/{slug}/forget",
    tag: DESTINATIONS_TAG,
    scopes: ["admin", "personal_data"],
    summary: "Tell a destination to delete a person",
    description: "Only where the catalog says `canForget`. Nothing here is deleted by it, and what is sent later about the person arrives again: suppress them first.",
    params: destinationParams,
    body: forgetBody,
    responses: { 200: forgotten },
    handle: async (context) => {
      const { params, body, workspaceId, actor, nowMs } = context;
      const answer = await calling(services, params.slug, context, async ({ kind, connection, signal, secrets, keep: keepNew }) => {
        if (kind.forget === undefined) throw new AppError("conflict", { detail: `${kind.definition.name} can't be told to delete a person.`, hint: "Delete them there by hand." });
        const { outcomes: [outcome], exchanges, refreshed } = await kind.forget(connection, { userId: body.user_id, anonymousId: body.anonymous_id }, signal);
        await keepNew(refreshed);
        const detail = outcome !== undefined && "detail" in outcome ? withoutSecrets(outcome.detail, secrets) : null;
        return { outcome: outcome?.kind ?? "nothing" as const, detail, exchanges: exchanges.map((one) => shownExchange(one, secrets)) };
      });
      await services.deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action: "destination.forget", target: `destination:${params.slug}`, detail: { outcome: answer.outcome } }, nowMs));
      return { status: 200, body: answer };
    },
  });
}
