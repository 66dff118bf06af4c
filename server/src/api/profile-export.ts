// People as a CSV file (RFC 4180): page after page as they are read, so that a million take no more memory than a page; of a search
// also the ids of those found so far.
import { once } from "node:events";
import type { Writable } from "node:stream";
import { COMPUTED_COLUMN, profileExportQuery, profileListAnswer, type ProfileSummary } from "@tributary/schema/api/profiles.ts";
import { BYTE_ORDER_MARK, csvCell, csvLine, type CsvValue } from "@tributary/schema/csv.ts";
import { personValues } from "../audiences/audiences.ts";
import { recordAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, hijacked, type Route } from "./define-route.ts";
import { findPeople } from "./profile-search.ts";
import type { FoundProfile } from "./profile-store.ts";
import { deviceNamespacesOf, profileSummary } from "./profile-view.ts";

export function profileExportRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/export",
    tag: "Profiles",
    scopes: ["read", "personal_data"],
    summary: "Write people into a CSV file",
    description: "Everybody whom the search finds, with the traits that are named; `computed.` and a slug names a computed one. Stands in the audit log with how many they were.",
    query: profileExportQuery,
    responses: { 200: profileListAnswer },
    alsoAnswers: { status: 200, contentType: "text/csv", description: "Always: a header, then a row a person." },
    handle: async ({ query, workspaceId, actor, nowMs, reply }) => {
      const { search, sort, columns } = query;
      // The first page before the first byte: what is refused is answered as an error.
      const settings = await services.settings.get(workspaceId, nowMs);
      const read = (cursor: string | undefined) => findPeople(services, workspaceId, { search, sort, isExact: false, isWhole: true, limit: services.limits.exportPageRows, cursor }, settings);
      const devices = deviceNamespacesOf(settings);
      const computedOf = await computedColumns(services, workspaceId, nowMs);
      let page = await read(undefined);
      const kept = await services.beginExport({ workspaceId, kind: "people", what: "", format: "csv", columns, actor });
      const out = reply.hijack().raw;
      out.writeHead(200, { "content-type": "text/csv; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff", "x-export-id": kept.id });
      out.write(`${BYTE_ORDER_MARK}${csvLine(["id", "known", "first_seen_at", "last_seen_at", "events", "identifiers", ...columns])}`);
      // Of a search one may come twice, by name and by a word.
      const seen = new Set<string>();
      let people = 0;
      let isWhole = false;
      try {
        for (;;) {
          const fresh = page.people.filter(({ id }) => !seen.has(id));
          await kept.add(fresh.map(({ id }) => id));
          for (const person of fresh) {
            if (search !== undefined) seen.add(person.id);
            people++;
            if (!out.write(csvLine(cellsOf(profileSummary(person.id, person.doc, devices), columns, computedOf(person))))) await drained(out);
          }
          if (page.nextCursor === null || out.destroyed) break;
          page = await read(page.nextCursor);
        }
        isWhole = !out.destroyed;
      } catch (error) {
        // A file that ends in the middle must not look whole.
        services.deps.logger.warn({ err: error }, "An export broke off");
        out.destroy();
      }
      const detail = { people, columns, searched: search !== undefined };
      await services.deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action: "people.export", target: "workspace", detail }, nowMs));
      await kept.end(isWhole);
      if (isWhole) out.end();
      return hijacked;
    },
  });
}

/** Until more may be written, or nobody reads it any more. */
async function drained(out: Writable): Promise<void> {
  if (out.destroyed) return;
  const either = new AbortController();
  const { signal } = either;
  try {
    await Promise.race([once(out, "drain", { signal }), once(out, "close", { signal })]);
  } finally {
    either.abort();
  }
}

/** What computed traits are for somebody, under the names of their columns. */
async function computedColumns(services: ApiServices, workspaceId: number, nowMs: number): Promise<(person: FoundProfile) => Readonly<Record<string, unknown>>> {
  const [view, decisions] = [await services.computedView.get(workspaceId, nowMs), await services.fields.get(workspaceId, nowMs)];
  return ({ computed }) => Object.fromEntries(Object.entries(personValues(view, computed, decisions)).map(([slug, { value }]) => [`${COMPUTED_COLUMN}${slug}`, value]));
}

function cellsOf(person: ProfileSummary, columns: readonly string[], computed: Readonly<Record<string, unknown>>): readonly CsvValue[] {
  const identifiers = person.identifiers.map(({ namespace, value }) => `${namespace}:${value}`).join(" ");
  const traits = columns.map((name) => csvCell(Object.hasOwn(person.traits, name) ? person.traits[name] : (computed[name] ?? null)));
  return [person.id, !person.is_anonymous, person.first_seen_at, person.last_seen_at, person.event_count, identifiers, ...traits];
}
