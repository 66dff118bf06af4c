// From what stands in an address to a person: by id, or by an identifier after the rules of its namespace. The one way in,
// for every route that is about a person.
import type { ClientBase } from "pg";
import type { IdentifierRef } from "@tributary/schema/control.ts";
import { AppError } from "../core/errors.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import type { SettingsCache } from "../governance/governance.ts";
import type { FindIdentifier } from "../identity/identity.ts";
import { parseProfileRef } from "./identifier-ref.ts";
import { createProfileLookup } from "./profile-lookup.ts";
import { findById, type Found, type FoundProfile } from "./profile-store.ts";

export interface ProfileFinder {
  /** An identifier that the settings do not know or that is blocked leads to nobody. */
  find(workspaceId: number, ref: string, nowMs: number): Promise<Found & { readonly identifier?: IdentifierRef }>;
  /** The person, or throws: `not_found`, or `conflict` when the identifier names several people. */
  get(workspaceId: number, ref: string, nowMs: number): Promise<FoundProfile>;
}

export function createProfileFinder(deps: {
  readonly workspaceDb: WorkspaceDb;
  readonly settings: SettingsCache;
  readonly findIdentifier: FindIdentifier;
}): ProfileFinder {
  const lookup = createProfileLookup(deps.workspaceDb);

  async function find(workspaceId: number, text: string, nowMs: number): Promise<Found & { readonly identifier?: IdentifierRef }> {
    const ref = parseProfileRef(text);
    if (ref.kind === "id") return deps.workspaceDb.run(workspaceId, (db: ClientBase) => findById(db, workspaceId, ref.id));
    const cached = deps.settings.get(workspaceId, nowMs);
    const settings = cached instanceof Promise ? await cached : cached;
    const identifier = deps.findIdentifier(workspaceId, settings, ref.identifier);
    if (identifier === null) return { kind: "nobody" };
    const found = await lookup.byKey(workspaceId, identifier.key);
    return { ...found, identifier: { namespace: identifier.namespace, value: identifier.value } };
  }
  return {
    find,
    async get(workspaceId, ref, nowMs) {
      const found = await find(workspaceId, ref, nowMs);
      if (found.kind === "person") return found.profile;
      if (found.kind === "nobody") throw new AppError("not_found", { detail: "There is no such person." });
      throw new AppError("conflict", {
        detail: "This identifier was seen with several people, so it names none of them.",
        hint: "Look at /api/v1/identifiers/{namespace}:{value} and use one person's id.",
      });
    },
  };
}
