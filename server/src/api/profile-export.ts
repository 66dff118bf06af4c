// People as a CSV file (RFC 4180): page after page as they are read, so that a million take no more memory than a page. Cells that a
// spreadsheet would run as a formula are prefixed.
import { once } from "node:events";
import { profileExportQuery, profileListAnswer, type ProfileSummary } from "@tributary/schema/api/profiles.ts";
import { recordAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, hijacked, type Route } from "./define-route.ts";
import { listProfiles } from "./profile-search.ts";

const PAGE = 200;
const formulaStart = /^[=+\-@\t\r＝＋－＠]/;

export function profileExportRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/export",
    tag: "Profiles",
    scopes: ["read", "personal_data"],
    summary: "Write people into a CSV file",
    description: "Everybody whom the search finds, with the traits that are named. Stands in the audit log with how many they were.",
    query: profileExportQuery,
    responses: { 200: profileListAnswer },
    alsoAnswers: { status: 200, contentType: "text/csv", description: "Always: a header, then a row a person." },
    handle: async ({ query, workspaceId, actor, nowMs, reply }) => {
      const { search, sort, columns } = query;
      // The first page before the first byte: what is refused is answered as an error.
      let page = await listProfiles(services, workspaceId, { search, sort, isExact: false, limit: PAGE, cursor: undefined }, nowMs);
      const out = reply.hijack().raw;
      out.writeHead(200, { "content-type": "text/csv; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff" });
      out.write(`\ufeff${csvLine(["id", "known", "first_seen_at", "last_seen_at", "events", "identifiers", ...columns])}`);
      const seen = new Set<string>();
      try {
        for (;;) {
          for (const person of page.data) {
            // One may come twice, by name and by a word.
            if (seen.has(person.id)) continue;
            seen.add(person.id);
            if (!out.write(csvLine(cellsOf(person, columns)))) await Promise.race([once(out, "drain"), once(out, "close")]);
          }
          if (page.next_cursor === null || out.destroyed) break;
          page = await listProfiles(services, workspaceId, { search, sort, isExact: false, limit: PAGE, cursor: page.next_cursor }, nowMs);
        }
        out.end();
      } catch (error) {
        // A file that ends in the middle must not look whole.
        services.deps.logger.warn({ err: error }, "An export broke off");
        out.destroy();
      }
      const detail = { people: seen.size, columns, searched: search !== undefined };
      await services.deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action: "people.export", target: "workspace", detail }, nowMs));
      return hijacked;
    },
  });
}

function cellsOf(person: ProfileSummary, columns: readonly string[]): readonly unknown[] {
  const identifiers = person.identifiers.map(({ namespace, value }) => `${namespace}:${value}`).join(" ");
  const traits = columns.map((name) => (Object.hasOwn(person.traits, name) ? person.traits[name] : null));
  return [person.id, !person.is_anonymous, person.first_seen_at, person.last_seen_at, person.event_count, identifiers, ...traits];
}

export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = formulaStart.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
