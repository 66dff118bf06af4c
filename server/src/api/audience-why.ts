// Why a person is in an audience, or why not, and what would change it; now or at an instant before.
import { audiencePersonParams, why, whyQuery } from "@tributary/schema/api/audiences.ts";
import type { z } from "zod";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { explainPerson, loadAround, loadLanguages, readChanges, type ExplainedNode } from "../audiences/audiences.ts";
import { fields, keep, listOf, within, type Mask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { findAudience } from "./audience-membership.ts";
import { AUDIENCES_TAG } from "./audiences.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { iso } from "./iso.ts";
import { paramsOfPerson } from "./person-events.ts";
import { ownerIds } from "./profile-store.ts";

const evidenceMask = fields({ event: within, row_id: keep, message_id: within, at: keep, leaves_at: keep, detail: keep });
const whyMask = fields({
  member: keep, since: keep, at: keep, reason: keep, decisive: keep, complete: keep,
  // What these say of fields that are personal is masked where it is made, since only there is known of which they are.
  nodes: listOf(fields({ path: keep, holds: keep, sentence: keep, evidence: listOf(evidenceMask), value: keep, next_at: keep, to_flip: keep })),
});

export function audienceWhyRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}/why/{profile_id}",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "Why a person is in an audience, or why not",
    description: "Each condition of the present definition: whether it holds, by which events, until when, and the nearest change that would turn it. With `at`: by the events until then, and everything else as it stands now.",
    params: audiencePersonParams,
    query: whyQuery,
    responses: { 200: why },
    masks: whyMask,
    handle: async (context) => {
      const { params, query, workspaceId, nowMs } = context;
      const audience = await findAudience(services, workspaceId, params.slug);
      const profile = await services.finder.get(workspaceId, params.profile_id, nowMs);
      const atMs = query.at === undefined ? nowMs : Date.parse(query.at);
      const read = <Row>(sql: string, asked: Readonly<Record<string, unknown>>): Promise<Row[]> => services.scan<Row>(workspaceId, sql, asked);
      const [[around, languages], keys, owners] = await Promise.all([
        services.deps.workspaceDb.run(workspaceId, async (db) => [await loadAround(db, workspaceId, [audience.definition]), await loadLanguages(db, workspaceId, [audience.definition])] as const), paramsOfPerson(services, workspaceId, profile),
        services.deps.workspaceDb.run(workspaceId, (db) => ownerIds(db, workspaceId, profile.id)),
      ]);
      const [found, log] = await Promise.all([
        explainPerson(read, { definition: audience.definition, around, languages, atMs, person: { profileId: profile.id, ingestIds: keys["ingest_ids"] as readonly string[], owners } }), // As it is made there.
        readChanges(read, { audienceId: audience.id, profileIds: owners, untilMs: atMs, limit: 1 }),
      ]);
      const [latest] = log;
      await context.saw({ action: "audience.why", target: `person:${profile.id}`, detail: { audience: audience.slug } });
      const body: z.input<typeof why> = {
        member: found.isMember, since: found.isMember && latest?.entered === 1 ? iso(latest.at_ms) : null, at: iso(atMs), decisive: found.decisive, complete: found.isComplete,
        reason: latest === undefined ? null : { reason: latest.reason, cause_row: latest.cause_row === 0 ? null : latest.cause_row, version: latest.version },
        nodes: found.nodes.map((node) => shownNode(node, found.messageIds, context)),
      };
      return { status: 200, body };
    },
  });
}

function shownNode(node: ExplainedNode, messageIds: ReadonlyMap<number, string>, { shown }: Pick<RouteContext<unknown, unknown, unknown>, "shown">) {
  const hidden: Mask = (text, { decisions }) => (node.fields.some(({ place, event, path }) => decisions.isPersonal(place, event, path)) ? hiddenText(text) : text);
  return {
    path: node.path, holds: node.holds, sentence: node.sentence, value: node.value === undefined ? null : shown(hidden, node.value), next_at: node.nextMs >= NEVER ? null : iso(node.nextMs),
    // How much is missing of a sum says how much there is; of a trait it says again what is asked for.
    to_flip: node.toFlip === undefined ? null : node.fields.every(({ place }) => place === "trait") ? node.toFlip : shown(hidden, node.toFlip),
    evidence: node.evidence.map(({ event, leavesMs, detail }) => ({
      event: event.event, row_id: event.row, ...(messageIds.has(event.row) ? { message_id: messageIds.get(event.row) } : {}), at: iso(event.ms), leaves_at: leavesMs >= NEVER ? null : iso(leavesMs),
      detail: shown(hidden, detail),
    })),
  };
}

const HIDDEN = "•••";

function hiddenText(text: unknown): unknown {
  return typeof text === "string" ? (text === "" ? "" : HIDDEN) : { en: HIDDEN, de: HIDDEN };
}
