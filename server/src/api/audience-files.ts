// Audiences as a file: written out, and a workspace made as a file says.
import { z } from "zod";
import { applyAnswer, applyBody, applyQuery, exportAnswer, exportQuery } from "@tributary/schema/api/audiences.ts";
import { applyAudiences, audiencesYaml, compareOf, loadAround, movedBy, planAudiences, readAudiences, sideBySide, type ApplyPlan } from "../audiences/audiences.ts";
import { subscriptionsOfAudience } from "../destinations/destinations.ts";
import { hasScope } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { refuseAddedMoney } from "./added-money.ts";
import { takeGuess } from "./audience-guess.ts";
import { AUDIENCES_TAG, isInFolder } from "./audiences.ts";
import { defineRoute, hijacked, type Route, type RouteContext } from "./define-route.ts";
import { goneOf } from "./gone.ts";

const YAML = "application/yaml";
/** Audiences of one plan of which it is counted who would enter and leave. */
const COUNTED_MAX = 20;

export function audienceFileRoutes(services: ApiServices): Route[] {
  return [exportRoute(services), applyRoute(services)];
}

function exportRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/export",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "The audiences in use as a YAML file",
    description: "In the order of their slugs, so that a file changes no more than its audiences do. POST /audiences/apply takes it back.",
    query: exportQuery,
    responses: { 200: exportAnswer },
    alsoAnswers: { status: 200, contentType: YAML, description: "The file itself." },
    handle: async ({ query, workspaceId, request, reply }) => {
      const all = await deps.workspaceDb.run(workspaceId, (db) => readAudiences(db, workspaceId));
      const yaml = audiencesYaml(all.filter((one) => one.status !== "archived" && isInFolder(one, query.folder)));
      if (!String(request.headers.accept ?? "").includes(YAML)) return { status: 200, body: { yaml } };
      const out = reply.hijack().raw;
      out.writeHead(200, {
        "content-type": `${YAML}; charset=utf-8`, "content-disposition": 'attachment; filename="audiences.yaml"', "cache-control": "no-store", "x-content-type-options": "nosniff",
      });
      out.end(yaml);
      return hijacked;
    },
  });
}

function applyRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/audiences/apply",
    tag: AUDIENCES_TAG,
    scopes: ["write"],
    summary: "Make the audiences as a file says",
    description:
      "Makes, changes and restores what the file has, and with `prune` archives what it leaves out: all of it or nothing. With `dry_run` nothing is changed, and it is counted who would enter " +
      `and leave, of up to ${COUNTED_MAX} audiences; with lists and other audiences as they are.`,
    query: applyQuery,
    body: applyBody,
    responses: { 200: applyAnswer },
    handle: async (context) => {
      const { query, body, workspaceId, actor, nowMs } = context;
      const isDry = query.dry_run === "true";
      const planned = await services.deps.workspaceDb.run(workspaceId, (db) => planAudiences(db, workspaceId, body));
      // Sizes will answer what the definitions ask.
      if (!isDry) await takeGuesses(services, context, planned);
      await refuseAddedMoney(services, workspaceId, planned.audiences.flatMap(({ action, fields, after }) => (after !== undefined && (action !== "change" || fields.includes("definition")) && action !== "keep" ? [after.definition] : [])));
      const plan = isDry
        ? planned
        : await services.deps.workspaceDb.transaction(workspaceId, (db) => applyAudiences(db, { workspaceId, actor, nowMs }, body, subscriptionsOfAudience));
      const counted = isDry ? await counts(services, context, plan) : new Map<string, Counted>();
      const shown = plan.audiences.map(({ slug, action, fields }) => ({ slug, action, fields: [...fields], enter: counted.get(slug)?.enter ?? null, leave: counted.get(slug)?.leave ?? null }));
      return { status: 200, body: { dry_run: isDry, plan: shown } };
    },
  });
}

async function takeGuesses(services: ApiServices, context: Parameters<typeof takeGuess>[1], plan: ApplyPlan): Promise<void> {
  if (hasScope(context.caller, "personal_data")) return;
  for (const slug of movedBy(plan)) await takeGuess(services, context, sideBySide(plan, slug).after);
}

interface Counted {
  readonly enter: number;
  readonly leave: number;
}

/** One after another: each keeps the engines busy. */
async function counts(services: ApiServices, context: Pick<RouteContext<unknown, unknown, unknown>, "caller" | "workspaceId" | "nowMs" | "reply">, plan: ApplyPlan): Promise<ReadonlyMap<string, Counted>> {
  const { deps, audiencePreviews, audiencePreviewGate } = services;
  const { workspaceId, nowMs, reply } = context;
  const counted = new Map<string, Counted>();
  const signal = goneOf(reply);
  const moved = movedBy(plan);
  for (const { slug } of plan.audiences.filter((one) => !moved.has(one.slug))) counted.set(slug, { enter: 0, leave: 0 });
  for (const slug of [...moved].slice(0, COUNTED_MAX)) {
    const { after, before, audience } = sideBySide(plan, slug);
    await takeGuess(services, context, after);
    const around = await deps.workspaceDb.run(workspaceId, (db) => loadAround(db, workspaceId, [after, before]));
    const view = await audiencePreviewGate.pass(() => audiencePreviews.view({ workspaceId, around: { ...around, audience }, definitions: [after, before], nowMs, signal }));
    const { enter, leave } = await compareOf(view, 0);
    counted.set(slug, { enter, leave });
  }
  return counted;
}
