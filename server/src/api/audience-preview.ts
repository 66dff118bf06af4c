// Questions about a definition that nobody has saved, while it is edited. All answers of a moment are for the same instant, so that
// numbers beside each other belong together.
import { compareBody, comparison, flow, flowBody, preview, previewBody, previewProgress } from "@tributary/schema/api/audiences.ts";
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import { fieldsShown } from "@tributary/schema/audience/computed-references.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import type { FieldRef } from "@tributary/schema/field.ts";
import type { z } from "zod";
import { compareOf, flowOf, loadAround, loadLanguages, previewOf, refuseMissing, splitByComputed, splitByTrait, type Around, type Split, type View } from "../audiences/audiences.ts";
import { AppError } from "../core/errors.ts";
import { readAudienceSends } from "../delivery/delivery.ts";
import { MASK } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { fields, keep, listOf, valuesOf, type Mask } from "./answer-masks.ts";
import { memberMask, membersOf } from "./audience-members-shown.ts";
import { takeGuess } from "./audience-guess.ts";
import { AUDIENCES_TAG, sentencesOf } from "./audiences.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { goneOf } from "./gone.ts";
import { iso, isoOrNull } from "./iso.ts";

export function audiencePreviewRoutes(services: ApiServices): Route[] {
  return [previewRoute(services), progressRoute(services), flowRoute(services), compareRoute(services)];
}

const previewMask = fields({
  size: keep, of: keep, at: keep, took_ms: keep, sentence: keep, next_change_at: keep, parts: keep, sample: listOf(memberMask), breakdown: keep, breakdown_rest: keep,
  overlap: keep, reach: keep,
});

type Values = readonly { readonly value: string | null; readonly size: number }[];

/** Values of the trait that was asked for. */
const breakdownMask = (trait: string): Mask => (rows, masking) =>
  (rows as Values).map((row) => ( // As the handler made them.
    { ...row, value: row.value === null ? null : Object.values(valuesOf("trait")({ [trait]: row.value }, masking) as object)[0] as string }));

/** Hidden where a field that shows through the computed trait is. */
const computedMask = (shown: readonly FieldRef[]): Mask => (rows, { decisions }) =>
  (rows as Values).map((row) => (shown.some(({ place, event, path }) => decisions.isPersonal(place, event, path)) && row.value !== null ? { ...row, value: MASK } : row));

/** Throws `not_found` where there is no such computed trait. */
function splitOf({ by, by_computed: slug }: z.infer<typeof previewBody>, around: Around, view: View): { readonly by: Split; readonly mask: Mask } | undefined {
  if (by !== undefined) return { by: splitByTrait(by), mask: breakdownMask(by) };
  if (slug === undefined) return undefined;
  const definitionOf = (one: string): ComputedDefinition | undefined => around.computed?.(one)?.definition;
  const definition = definitionOf(slug);
  if (definition === undefined) throw new AppError("not_found", { detail: `There is no computed trait \`${slug}\`.`, hint: "Look at the slugs of GET /computed-traits." });
  return { by: splitByComputed(slug, around, view), mask: computedMask(fieldsShown(definition, around.words, definitionOf)) };
}

function previewRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/audiences/preview",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "What a definition means, before it is saved",
    description: "How many there are, of how many; and what is asked for besides. What was asked lately is kept for a minute, so that an edit costs only what it changes; `at` says for which instant everything holds.",
    body: previewBody,
    responses: { 200: preview },
    masks: previewMask,
    handle: async (context) => {
      const { body, workspaceId } = context;
      const startMs = performance.now();
      await takeGuess(services, context, body.definition);
      const overlap = [...new Set(body.overlap)];
      const { view, around, consentWhenAbsent } = await viewOf(services, context, [body.definition], overlap);
      const { sample, parts } = body;
      const split = splitOf(body, around, view);
      const found = await previewOf(
        view, { sample, parts, by: split?.by, overlap: overlap.length > 0, reach: body.reach ? { consentWhenAbsent } : undefined },
        (sql, params) => services.scan(workspaceId, sql, params),
      );
      const answer: z.input<typeof preview> = {
        size: found.size, of: found.of, at: iso(view.atMs), took_ms: tookMs(startMs), sentence: sentencesOf(body.definition, await services.deps.workspaceDb.run(workspaceId, (db) => loadLanguages(db, workspaceId, [body.definition]))), next_change_at: isoOrNull(found.nextMs),
        parts: found.parts.map((part) => ({ ...part })),
        sample: await membersOf(services, workspaceId, found.sample.map((id) => ({ id, since: null }))),
        breakdown: split === undefined ? [] : context.shown(split.mask, found.breakdown.map((row) => ({ ...row }))), breakdown_rest: found.breakdownRest,
        overlap: [...found.overlap].map(([bits, only]) => ({ audiences: overlap.filter((_, i) => (bits >> i) % 2 === 1), only })).toSorted((a, b) => b.only - a.only),
        reach: found.reach.map((row) => ({ ...row })),
      };
      if (answer.sample.length > 0) await context.saw({ action: "audience.preview", target: "workspace", detail: { people: answer.sample.length } });
      return { status: 200, body: answer };
    },
  });
}

function progressRoute({ audiencePreviews }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audience-preview-progress",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "How far the previews that are being made have come",
    description: "The first preview of a workspace finds out who there is and reads the events of each condition; those after it know. Meanwhile this says how many of these questions are answered.",
    responses: { 200: previewProgress },
    handle: ({ workspaceId }) => Promise.resolve({ status: 200, body: audiencePreviews.progress(workspaceId) ?? { asked: 0, answered: 0, people: 0 } }),
  });
}

function flowRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/audiences/flow",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "How many there would have been on each of the last days, and who would have come and gone",
    description: "As the definition would have seen each day's end (in the workspace's time zone; today's is now), with the events that are known today. Traits, consents, lists and who is known are those of today.",
    body: flowBody,
    responses: { 200: flow },
    handle: async (context) => {
      const { body: { definition, days }, workspaceId, nowMs } = context;
      const startMs = performance.now();
      await takeGuess(services, context, definition);
      const { view, around, signal } = await viewOf(services, context, [], []);
      refuseMissing([definition], around);
      const found = await services.audienceFlowGate.pass(() => flowOf(view, { workspaceId, definition, around, days, signal }));
      return { status: 200, body: { days: found.map((day) => ({ ...day })), took_ms: tookMs(startMs) } };
    },
  });
}

function compareRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/audiences/compare",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "Who would enter and who would leave, before a changed definition is saved",
    description: "Compares what the stored definition means now with what the changed one would; not with who is counted as a member at this moment. It tells what destinations would be sent by it.",
    body: compareBody,
    responses: { 200: comparison },
    masks: fields({ stay: keep, enter: keep, leave: keep, entering: listOf(memberMask), leaving: listOf(memberMask), took_ms: keep, sends: keep }),
    handle: async (context) => {
      const { body, workspaceId } = context;
      const startMs = performance.now();
      await takeGuess(services, context, body.definition);
      const { view } = await viewOf(services, context, [body.definition], [body.slug]);
      const { stay, enter, leave, entering, leaving } = await compareOf(view, body.sample);
      const shown = (ids: readonly string[]): ReturnType<typeof membersOf> => membersOf(services, workspaceId, ids.map((id) => ({ id, since: null })));
      const sends = await services.deps.workspaceDb.run(workspaceId, (db) => readAudienceSends(db, workspaceId, body.slug, { stay, enter, leave }));
      const answer = { stay, enter, leave, entering: await shown(entering), leaving: await shown(leaving), sends, took_ms: tookMs(startMs) };
      const people = answer.entering.length + answer.leaving.length;
      if (people > 0) await context.saw({ action: "audience.preview", target: "workspace", detail: { people } });
      return { status: 200, body: answer };
    },
  });
}

type Asking = Pick<RouteContext<unknown, unknown, unknown>, "workspaceId" | "nowMs" | "reply">;

/** Of definitions, and of stored audiences after them. */
async function viewOf(
  { deps, audiencePreviews, audiencePreviewGate, settings }: ApiServices, { workspaceId, nowMs, reply }: Asking, definitions: readonly Definition[], slugs: readonly string[],
): Promise<{ readonly view: View; readonly around: Around; readonly signal: AbortSignal; readonly consentWhenAbsent: "granted" | "denied" }> {
  const around = await deps.workspaceDb.run(workspaceId, (db) => loadAround(db, workspaceId, definitions));
  const { consentWhenAbsent } = await settings.get(workspaceId, nowMs);
  const stored = slugs.map((slug) => {
    const found = around.audience(slug);
    if (found === undefined) throw new AppError("not_found", { detail: `There is no audience \`${slug}\`.`, hint: "Look at the slugs of GET /audiences." });
    return found;
  });
  refuseMissing([...definitions, ...stored], around);
  const signal = goneOf(reply);
  const view = await audiencePreviewGate.pass(() => audiencePreviews.view({ workspaceId, around, definitions: [...definitions, ...stored], nowMs, signal }));
  return { view, around, signal, consentWhenAbsent };
}

function tookMs(startMs: number): number {
  return Math.round((performance.now() - startMs) * 10) / 10;
}
