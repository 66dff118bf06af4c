// One hidden value for a stated reason. What was revealed, to whom and why is in the audit log before it is answered; the
// value itself never is.
import { eventParams } from "@tributary/schema/api/events.ts";
import { profileRefParams } from "@tributary/schema/api/profiles.ts";
import { revealAnswer, revealBody, revealEventBody } from "@tributary/schema/api/reveal.ts";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { receivedPayload } from "./events.ts";
import type { FoundProfile } from "./profile-store.ts";

export function revealRoutes(services: ApiServices): Route[] {
  return [revealOfPerson(services), revealOfEvent(services)];
}

function revealOfPerson(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/reveal",
    tag: "Profiles",
    scopes: ["read", "reveal"],
    summary: "See one hidden value of a person",
    description: "For those who see people masked. Who saw which field of whom, and why, stands in the audit log. A few a minute; beyond it 429.",
    params: profileRefParams,
    body: revealBody,
    responses: { 200: revealAnswer },
    handle: async (context) => {
      const { params, body, workspaceId, nowMs } = context;
      services.reveals.take(context.caller.key, nowMs);
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      const { name, value } = valueOf(profile, body.field);
      await audit(services, context, { action: "person.reveal", target: `profile:${profile.id}`, field: name, reason: body.reason });
      return { status: 200, body: { value } };
    },
  });
}

function revealOfEvent(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/events/{messageId}/reveal",
    tag: "Events",
    scopes: ["read", "reveal"],
    summary: "See one hidden value of an event",
    description: "Of its payload as received; as with a person's.",
    params: eventParams,
    body: revealEventBody,
    responses: { 200: revealAnswer },
    handle: async (context) => {
      const { params, body, workspaceId, nowMs } = context;
      services.reveals.take(context.caller.key, nowMs);
      const raw = await receivedPayload(services, workspaceId, params.messageId, body.row_id);
      const value = at(parsed(raw), body.path);
      if (value === undefined) throw nothingThere();
      await audit(services, context, { action: "event.reveal", target: `event:${body.row_id}`, field: body.path, reason: body.reason });
      return { status: 200, body: { value } };
    },
  });
}

type Field = { readonly kind: "trait"; readonly name: string } | { readonly kind: "identifier"; readonly key: string };

function valueOf({ doc }: FoundProfile, field: Field): { readonly name: string; readonly value: unknown } {
  if (field.kind === "identifier") {
    const identifier = doc.identifiers.find(({ key }) => key === field.key);
    if (identifier === undefined) throw nothingThere();
    return { name: `identifier ${identifier.namespace}`, value: identifier.value };
  }
  const traits = Object.fromEntries(Object.entries(doc.traits).map(([name, trait]) => [name, trait.value]));
  const value = at(traits, field.name);
  if (value === undefined || value === null) throw nothingThere();
  return { name: `trait ${field.name}`, value };
}

/** What stands at a dotted path; a name may hold dots itself. Items of lists are found by their place. */
function at(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, path)) return Object.entries(value).find(([name]) => name === path)?.[1];
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1)) {
    const name = path.slice(0, dot);
    if (!Object.hasOwn(value, name)) continue;
    const found = at(Object.entries(value).find(([one]) => one === name)?.[1], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

function nothingThere(): AppError {
  return new AppError("not_found", { detail: "There is no such value.", hint: "Name a trait, an identifier's key, or a path as the masked answer shows them." });
}

interface Revealed {
  readonly action: string;
  readonly target: string;
  readonly field: string;
  readonly reason: string;
}

async function audit(
  services: ApiServices, { workspaceId, actor, nowMs }: Pick<RouteContext<unknown, unknown, unknown>, "workspaceId" | "actor" | "nowMs">, revealed: Revealed,
): Promise<void> {
  const { action, target, field, reason } = revealed;
  await services.deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action, target, detail: { field, reason } }, nowMs));
}
