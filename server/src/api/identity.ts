// Who is who, changed: splitting a person in two, and what changed rules would do.
import { z } from "zod";
import { identityPreviewAnswer, identityPreviewBody, unmergeAnswer, unmergeBody, unmergePreview } from "@tributary/schema/api/identity.ts";
import { profileRefParams } from "@tributary/schema/api/profiles.ts";
import type { IdentifierRef } from "@tributary/schema/control.ts";
import { AppError } from "../core/errors.ts";
import type { ApiServices } from "./api-services.ts";
import { refusalOf } from "./control-refusal.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { MERGES_SHOWN_MAX, readMerges, readPeopleNow } from "./merge-log.ts";
import type { FoundProfile } from "./profile-store.ts";
import { submit } from "./profiles.ts";
import { refuseBadRules } from "./settings.ts";

const TAG = "Identity";

export function identityRoutes(services: ApiServices): Route[] {
  return [unmergeRoute(services), previewRoute(services)];
}

function unmergeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/unmerge",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Split one person in two",
    description:
      "The named identifiers go to one side, all others to the other; each side gets its own history and traits back, and the same " +
      "events never join them again. " +
      "With `dry_run` nothing happens and both people are shown.",
    params: profileRefParams,
    body: unmergeBody,
    responses: { 200: z.union([unmergeAnswer, unmergePreview]), 202: unmergeAnswer },
    handle: async (context) => {
      const { workspaceId, nowMs, body } = context;
      const profile = await services.finder.get(workspaceId, context.params.ref, nowMs);
      const identifiers = await identifiersOf(services, workspaceId, profile, body.identifiers, nowMs);
      if (body.dry_run) {
        const preview = await services.previewGate.pass(() => services.deps.previewUnmerge(workspaceId, profile.id, identifiers.map(refOf)));
        return { status: 200, body: { dry_run: true as const, ...preview } };
      }
      const action = { kind: "profile.unmerge" as const, profileId: profile.id, identifiers: identifiers.map(refOf) };
      const receipt = await submit(services, context, action, { identifier_keys: identifiers.map((identifier) => identifier.key) });
      const changes = receipt.body.processed
        ? await services.deps.workspaceDb.run(workspaceId, (db) =>
            readMerges(db, workspaceId, { ids: [profile.id], limit: MERGES_SHOWN_MAX, row: receipt.body.row_id }),
          )
        : [];
      const refused = receipt.body.processed && changes.length === 0 ? await refusalOf(services, workspaceId, receipt.body.row_id) : undefined;
      return { status: receipt.status, body: { ...receipt.body, changes, ...(refused === undefined ? {} : { refused }) } };
    },
  });
}

function refOf({ namespace, value }: IdentifierRef): IdentifierRef {
  return { namespace, value };
}

/** Checks that the person has all of them and keeps at least one, so that there are two sides. */
async function identifiersOf(
  services: ApiServices,
  workspaceId: number,
  profile: FoundProfile,
  wanted: readonly IdentifierRef[],
  nowMs: number,
): Promise<(IdentifierRef & { readonly key: string })[]> {
  const settings = await services.settings.get(workspaceId, nowMs);
  const held = new Map(profile.doc.identifiers.map((identifier) => [identifier.key, identifier]));
  const split = new Map<string, IdentifierRef & { readonly key: string }>();
  for (const ref of wanted) {
    // As it is spelled in the answer of a look-up, or normalised: a rule that has changed since must not hide it.
    const key =
      profile.doc.identifiers.find((identifier) => identifier.namespace === ref.namespace && identifier.value === ref.value)?.key ??
      services.findIdentifier(workspaceId, settings, ref)?.key;
    const identifier = key === undefined ? undefined : held.get(key);
    if (identifier === undefined)
      throw new AppError("bad_request", { detail: `body.identifiers: This person has no ${ref.namespace} of that value.` });
    split.set(identifier.key, { namespace: identifier.namespace, value: identifier.value, key: identifier.key });
  }
  if (split.size >= held.size) throw new AppError("bad_request", { detail: "body.identifiers: At least one identifier has to stay." });
  return [...split.values()];
}

function previewRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/identity/preview",
    tag: TAG,
    scopes: ["read", "personal_data"],
    summary: "What changed identity rules would do",
    description:
      "Who would become one person, and who would come apart, had these rules held from the first event on. Changes nothing. It replays " +
      "which identifiers were first seen together; events are not read again, so what other paths would find is not in it.",
    body: identityPreviewBody,
    responses: { 200: identityPreviewAnswer },
    handle: async ({ body, workspaceId, nowMs }) => {
      refuseBadRules(body.identity);
      const preview = await services.previewGate.pass(() => services.deps.previewIdentity(workspaceId, body.identity));
      const ids = [...preview.merges.flatMap((one) => one.people), ...preview.splits].flatMap(({ profile_id }) => profile_id ?? []);
      return { status: 200, body: { ...preview, people: await readPeopleNow(services, workspaceId, ids, nowMs) } };
    },
  });
}
