// The service agent's desk over HTTP: what is open about a person, and what an agent records. Under a scope of its own, so that
// helping one customer needs no right to everybody's data.
import { randomUUID } from "node:crypto";
import type { ControlAction } from "@tributary/schema/control.ts";
import {
  contactBody, correctionBody, deskAnswer, deskReceipt, noteBody, promiseBody, promiseOutcomeBody, promiseParams, proposalBody,
  proposalDecisionBody, undoBody, type DeskReceipt,
} from "@tributary/schema/api/desk.ts";
import { profileRefParams } from "@tributary/schema/api/profiles.ts";
import { AppError } from "../core/errors.ts";
import { deskEvents, recordAtDesk, type Author, type DeskEventName, type Recorded } from "../desk/desk.ts";
import type { ApiServices } from "./api-services.ts";
import type { Caller } from "./caller.ts";
import { refusalOf } from "./control-refusal.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { readDesk } from "./desk-read.ts";
import { findRow, undoingOf } from "./desk-undo.ts";
import { readIdentifiers, type FoundProfile } from "./profile-store.ts";
import { personOpened, submit } from "./profiles.ts";

const TAG = "Service desk";
const receipts = { 200: deskReceipt, 202: deskReceipt };
/** So that the page that is read next shows it. */
const SHOWN_WITHIN_MS = 3_000;

export function deskRoutes(services: ApiServices): Route[] {
  return [
    readRoute(services), noteRoute(services), promiseRoute(services), promiseOutcomeRoute(services), correctionRoute(services), contactRoute(services),
    proposalRoute(services), proposalDecisionRoute(services), undoRoute(services),
  ];
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/desk",
    tag: TAG,
    scopes: ["service"],
    summary: "What is open about a person",
    description:
      "Problems by the workspace's rules (`service` in the settings), the most urgent first; orders, promises, notes and proposals, the latest " +
      "first. Facts of problems and orders are shown as they are: the workspace names which properties these are.",
    params: profileRefParams,
    responses: { 200: deskAnswer },
    handle: async ({ params, workspaceId, nowMs, saw }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw(personOpened(profile.id));
      const settings = await services.settings.get(workspaceId, nowMs);
      return { status: 200, body: await readDesk(services, workspaceId, profile, settings, nowMs) };
    },
  });
}

function noteRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/notes",
    tag: TAG,
    scopes: ["service"],
    summary: "Add a note",
    params: profileRefParams,
    body: noteBody,
    responses: receipts,
    handle: (context) => record(services, context, deskEvents.note, (id) => ({ note_id: id, text: context.body.text })),
  });
}

function promiseRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/promises",
    tag: TAG,
    scopes: ["service"],
    summary: "Promise something",
    description: "From its due time on it stands among the open problems, until it is kept or broken.",
    params: profileRefParams,
    body: promiseBody,
    responses: receipts,
    handle: (context) =>
      record(services, context, deskEvents.promise, (id) => ({
        promise_id: id, text: context.body.text, due_at: new Date(context.body.due_at).toISOString(),
      })),
  });
}

function promiseOutcomeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/promises/{id}/outcome",
    tag: TAG,
    scopes: ["service"],
    summary: "Say whether a promise was kept",
    params: promiseParams,
    body: promiseOutcomeBody,
    responses: receipts,
    handle: async (context) => {
      const { promises } = await deskOf(services, context);
      const promise = promises.find(({ id }) => id === context.params.id);
      if (promise === undefined) throw new AppError("not_found", { detail: "There is no such promise to this person." });
      if (promise.state !== "open") throw new AppError("conflict", { detail: `The promise was ${promise.state} already.`, hint: "Undo that first." });
      const name = context.body.outcome === "kept" ? deskEvents.promiseKept : deskEvents.promiseBroken;
      return record(services, context, name, () => ({ promise_id: promise.id, text: promise.text }));
    },
  });
}

function correctionRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/corrections",
    tag: TAG,
    scopes: ["service"],
    summary: "Correct a trait",
    description: "As by hand: it stands with its time against events, names nobody, and joins nobody. What stood there before is kept for undoing it.",
    params: profileRefParams,
    body: correctionBody,
    responses: receipts,
    handle: async (context) => {
      const { trait, value } = context.body;
      const profile = await services.finder.get(context.workspaceId, context.params.ref, context.nowMs);
      const before = Object.hasOwn(profile.doc.traits, trait) ? (profile.doc.traits[trait]?.value ?? null) : null;
      return decide(services, context, profile, { kind: "profile.edit", profileId: profile.id, traits: { [trait]: value }, previous: { [trait]: before } });
    },
  });
}

function contactRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/contact",
    tag: TAG,
    scopes: ["service"],
    summary: "Record by what the person may be contacted",
    description: "A decision for each category of consent that is named, or with `do_not_contact` a refusal of every channel of the workspace.",
    params: profileRefParams,
    body: contactBody,
    responses: receipts,
    handle: async (context) => {
      const { workspaceId, nowMs, body } = context;
      const profile = await services.finder.get(workspaceId, context.params.ref, nowMs);
      const { service } = await services.settings.get(workspaceId, nowMs);
      const categories = body.categories ?? Object.fromEntries(service.channels.map(({ consent }) => [consent, false]));
      if (Object.keys(categories).length === 0) throw new AppError("conflict", { detail: "The workspace names no channels.", hint: "Name them in the settings." });
      const { consents } = profile.doc;
      const previous = Object.fromEntries(Object.keys(categories).map((name) => [name, Object.hasOwn(consents, name) ? (consents[name]?.granted ?? null) : null]));
      return decide(services, context, profile, { kind: "profile.consent", profileId: profile.id, categories, atMs: nowMs, previous });
    },
  });
}

function proposalRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/unmerge-proposals",
    tag: TAG,
    scopes: ["service"],
    summary: "Propose to split a person in two",
    description: "Names the identifiers that belong to somebody else, by their keys. Whoever may unmerge decides.",
    params: profileRefParams,
    body: proposalBody,
    responses: receipts,
    handle: async (context) => {
      const { keys, reason } = context.body;
      const profile = await services.finder.get(context.workspaceId, context.params.ref, context.nowMs);
      const own = new Set(profile.doc.identifiers.map(({ key }) => key));
      if (!keys.every((key) => own.has(key))) throw new AppError("bad_request", { detail: "body.keys: Not all of them are this person's." });
      if (new Set(keys).size >= own.size) throw new AppError("bad_request", { detail: "body.keys: Nothing would be left on the other side." });
      return record(services, context, deskEvents.proposal, (id) => ({ proposal_id: id, keys, reason }));
    },
  });
}

function proposalDecisionRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/unmerge-proposals/{id}/decision",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Decide on a proposal to split a person",
    description: "Accepted, the person is split at once, as by an unmerge.",
    params: promiseParams,
    body: proposalDecisionBody,
    responses: receipts,
    handle: async (context) => {
      const { profile, proposals } = await deskOf(services, context);
      const proposal = proposals.find(({ id }) => id === context.params.id);
      if (proposal === undefined) throw new AppError("not_found", { detail: "There is no such proposal about this person." });
      if (proposal.state !== "open") throw new AppError("conflict", { detail: `The proposal was ${proposal.state} already.`, hint: "Make another proposal if it is needed." });
      if (context.body.decision === "declined") return record(services, context, deskEvents.proposalDeclined, () => ({ proposal_id: proposal.id }));
      const wanted = new Set(proposal.keys);
      const identifiers = profile.doc.identifiers.filter(({ key }) => wanted.has(key)).map(({ namespace, value }) => ({ namespace, value }));
      if (identifiers.length === 0 || identifiers.length === profile.doc.identifiers.length)
        throw new AppError("conflict", { detail: "The person has changed since: there is nothing left to split as it was proposed.", hint: "Decline it." });
      const action = { kind: "profile.unmerge", profileId: profile.id, identifiers } as const;
      const receipt = await submit(services, context, action, { identifiers: identifiers.length, proposal: proposal.id });
      const refused = receipt.body.processed ? await refusalOf(services, context.workspaceId, receipt.body.row_id) : undefined;
      if (refused !== undefined) throw new AppError("conflict", { detail: `The person could not be split: ${refused}`, hint: "Decide again once the cause is gone." });
      // After the split, so that nothing is called accepted that did not happen; by what named the person before it, as the proposal was.
      const accepted = await append(services, context, profile, deskEvents.proposalAccepted, () => ({ proposal_id: proposal.id }));
      const { body: { shown } } = await receiptOf(services, context, profile, accepted, {});
      return { status: receipt.status, body: { ...receipt.body, id: proposal.id, shown } };
    },
  });
}

function undoRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/undo",
    tag: TAG,
    scopes: ["service"],
    summary: "Undo what was recorded",
    description: "By another record: a note is removed, a promise withdrawn, a corrected trait gets its former value. Both stay in the timeline.",
    params: profileRefParams,
    body: undoBody,
    responses: receipts,
    handle: async (context) => {
      const { workspaceId, nowMs } = context;
      const profile = await services.finder.get(workspaceId, context.params.ref, nowMs);
      const settings = await services.settings.get(workspaceId, nowMs);
      const undoing = await undoingOf(services, { workspaceId, profile, settings }, context.body.row_id, nowMs);
      if (undoing.kind === "control") return decide(services, context, profile, undoing.action);
      return record(services, context, undoing.name, () => undoing.properties);
    },
  });
}

type DeskContext = Pick<RouteContext<{ readonly ref: string }, unknown, unknown>, "params" | "workspaceId" | "actor" | "caller" | "nowMs">;
interface Answer {
  readonly status: 200 | 202;
  readonly body: DeskReceipt;
}

async function deskOf(services: ApiServices, { params, workspaceId, nowMs }: DeskContext) {
  const profile = await services.finder.get(workspaceId, params.ref, nowMs);
  const desk = await readDesk(services, workspaceId, profile, await services.settings.get(workspaceId, nowMs), nowMs);
  return { profile, ...desk };
}

type Properties = (id: string) => Readonly<Record<string, unknown>>;

/** Appends an event of the source `console` about the person, and waits until it is shown. */
async function record(services: ApiServices, context: DeskContext, name: DeskEventName, properties: Properties): Promise<Answer> {
  const profile = await services.finder.get(context.workspaceId, context.params.ref, context.nowMs);
  const { id, ...recorded } = await append(services, context, profile, name, properties);
  return receiptOf(services, context, profile, recorded, { id });
}

async function append(
  services: ApiServices, { workspaceId, caller, nowMs }: DeskContext, profile: FoundProfile, name: DeskEventName, properties: Properties,
): Promise<Recorded & { readonly id: string }> {
  const settings = await services.settings.get(workspaceId, nowMs);
  const { identifiers } = profile.doc;
  const records = await services.deps.workspaceDb.run(workspaceId, (db) => readIdentifiers(db, workspaceId, identifiers.map(({ key }) => key)));
  const sharedKeys = new Set(records.filter(({ shared }) => shared).map(({ key }) => key));
  const id = randomUUID();
  const recorded = await recordAtDesk(
    { ...services.deps, control: services.control },
    { workspaceId, settings, profileId: profile.id, identifiers, sharedKeys },
    { name, messageId: `console-${id}`, properties: properties(id), author: authorOf(caller) },
  );
  return { ...recorded, id };
}

/** Appends a control record about the person: what the pipeline decides by. */
async function decide(
  services: ApiServices, context: DeskContext, profile: FoundProfile,
  action: Extract<ControlAction, { kind: "profile.edit" | "profile.consent" }>,
): Promise<Answer> {
  // The audit log names traits, never what they hold.
  const detail = { ...(action.kind === "profile.edit" ? { traits: Object.keys(action.traits) } : { categories: action.categories }), at_desk: true };
  const { body } = await submit(services, context, action, action.undoes === undefined ? detail : { ...detail, undoes: action.undoes });
  const after = await services.finder.find(context.workspaceId, profile.id, context.nowMs);
  const held = after.kind === "person" ? (action.kind === "profile.edit" ? after.profile.doc.traits : after.profile.doc.consents) : {};
  const names = Object.keys(action.kind === "profile.edit" ? action.traits : action.categories);
  const inForce = names.every((name) => Object.hasOwn(held, name) && held[name]?.row === body.row_id);
  return receiptOf(services, context, profile, body, body.processed ? { in_force: inForce } : {});
}

async function receiptOf(
  services: ApiServices, { workspaceId }: DeskContext, profile: FoundProfile,
  recorded: { readonly row_id: number; readonly processed: boolean }, more: Partial<DeskReceipt>,
): Promise<Answer> {
  // It is recorded, whatever the look-up says: an error here would be taken for a reason to record it once more.
  const found = recorded.processed ? await findRow(services, workspaceId, profile, recorded.row_id, SHOWN_WITHIN_MS).catch(() => undefined) : undefined;
  return { status: recorded.processed ? 200 : 202, body: { ...recorded, shown: found !== undefined, ...more } };
}

function authorOf(caller: Caller): Author {
  return { id: caller.actor, name: caller.kind === "account" ? caller.account.name : caller.token.name };
}
