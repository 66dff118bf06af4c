// Everything that is proposed to be split and waits for somebody who may: of the whole workspace, from what agents recorded.
import { proposalList } from "@tributary/schema/api/identity.ts";
import { deskEvents, deskStateOf, findConsoleSource } from "../desk/desk.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { readPeopleNow } from "./merge-log.ts";

const ROWS_MAX = 5_000;
const asked = [deskEvents.proposal, deskEvents.proposalAccepted, deskEvents.proposalDeclined, deskEvents.proposalWithdrawn];

interface Row {
  readonly row_id: number;
  readonly event: string;
  readonly at_ms: number;
  readonly source_id: number;
  readonly profile_id: string;
  readonly properties: Record<string, unknown>;
}

export function unmergeProposalRoutes(services: ApiServices): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/identity/proposals",
      tag: "Identity",
      scopes: ["read", "personal_data"],
      summary: "Proposals to split a person that wait for a decision",
      description: "Made at the service desk; decided by `POST /profiles/{ref}/unmerge-proposals/{id}/decision`. Those about somebody who is gone or suppressed are left out.",
      responses: { 200: proposalList },
      handle: async ({ workspaceId, nowMs, saw }) => {
        await saw({ action: "proposal.list", target: "workspace" });
        const consoleSourceId = await services.deps.workspaceDb.run(workspaceId, (db) => findConsoleSource(db, workspaceId));
        const rows = consoleSourceId === undefined ? [] : await readRows(services, workspaceId, consoleSourceId);
        const proposed = new Map(rows.map((row) => [row.row_id, row.profile_id]));
        const state = deskStateOf(
          rows.map((row) => ({ rowId: row.row_id, event: row.event, atMs: row.at_ms, sourceId: row.source_id, properties: row.properties })).reverse(), consoleSourceId,
        );
        const open = state.proposals.filter((proposal) => proposal.state === "open");
        const people = await readPeopleNow(services, workspaceId, open.flatMap(({ row_id: row }) => proposed.get(row) ?? []), nowMs);
        const data = open.flatMap((proposal) => {
          const person = people[proposed.get(proposal.row_id) ?? ""];
          return person === undefined ? [] : [{ ...proposal, profile_id: person.id }];
        });
        return { status: 200, body: { data, people: Object.fromEntries(Object.values(people).map((person) => [person.id, person])), complete: rows.length < ROWS_MAX } };
      },
    }),
  ];
}

/** The latest first; nothing that came from outside under the same name. */
function readRows(services: ApiServices, workspaceId: number, consoleSourceId: number): Promise<Row[]> {
  return services.scan<Row>(
    workspaceId,
    `select row_id, event, toUnixTimestamp64Milli(timestamp) as at_ms, source_id, toString(profile_id) as profile_id, properties from events
      where workspace_id = {workspace:UInt32} and event in {names:Array(String)} and source_id = {source:UInt32} and type = 'track' and outcome = 'stored'
      order by timestamp desc, row_id desc limit {limit:UInt32}`,
    { names: asked, source: consoleSourceId, limit: ROWS_MAX },
  );
}
