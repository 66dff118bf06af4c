// Makes a destination of what is particular to it: the rest (settings and payloads checked, exchanges recorded, secrets cut out, what
// failed on the way read as outcomes) is the same for all of ours and stands here once.
import { checkFields, type FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import { destinationDefinition, type Action, type DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { OutboundError, secretTexts, type Outbound, type OutboundReply, type OutboundRequest } from "../../outbound/outbound.ts";
import { exchangeBytesMax, type AudienceAtVendor, type Connection, type Destination, type Exchange, type Outcome, type RefreshedTokens, type SendItem, type SendRequest } from "../destination.ts";
import { appFields, appProblems } from "../oauth/app-settings.ts";
import { renewingCalls } from "../oauth/renewal.ts";
import { createTokenKeeper, type TokenKeeper } from "../oauth/token-keeper.ts";
import { layoutColumnsInMemory, type LayoutColumns } from "./layout-columns.ts";
import { outcomeOf, outcomeOfFailure, saidIn } from "./outcome-of.ts";

/** What composition hands to all of them. */
export interface OwnParts {
  readonly outbound: Outbound;
  /** Where files of workspaces go. */
  readonly filesDirectory: string;
  readonly nowMs: () => number;
  /** Of one exchange. */
  readonly timeoutMs: number;
  /** Of those that people sign in for. */
  readonly keeper?: TokenKeeper;
  /** Of those that write files in a warehouse's layout. */
  readonly layoutColumns?: LayoutColumns;
}

/** One call of a destination. */
export interface At {
  readonly connection: Connection;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly parts: Required<OwnParts>;
  readonly signal: AbortSignal;
  /** Recorded; throws OutboundError, which becomes the outcome. */
  fetch(request: Omit<OutboundRequest, "signal" | "timeoutMs">): Promise<OutboundReply>;
  /** Of what is not HTTP. */
  record(exchange: Exchange): void;
  /** Text of the other side without secrets, before anything of it is cut short: half a secret is found by nobody. */
  clean(text: string): string;
  /** The outcome of a reply, with what it gives as its reason. */
  read(reply: OutboundReply): Outcome;
}

export interface Sending extends At {
  readonly request: SendRequest;
  /** Those whose payload fits the action. */
  readonly items: readonly SendItem[];
}

export interface OwnAction {
  readonly definition: z.input<typeof destinationDefinition>["actions"][number];
  /** One outcome for each of `items`, or one for all of them. */
  send(at: Sending): Promise<readonly Outcome[] | Outcome>;
  /** Problems of one payload that its fields alone don't tell. */
  check?(payload: Readonly<Record<string, unknown>>, request: SendRequest): readonly FieldProblem[];
}

type Described = Omit<z.input<typeof destinationDefinition>, "origin" | "proof" | "actions" | "canTest" | "canForget" | "availability">;

export interface OwnDestination extends Described {
  readonly availability?: DestinationDefinition["availability"];
  readonly actions: readonly OwnAction[];
  /** Settings that hold secrets though their fields are no passwords. */
  readonly secretSettings?: readonly string[];
  /** Whether a 2xx says all, so that a reply that broke off behind it counts. */
  readonly isStatusAll: boolean;
  readonly isForbiddenOfAccount?: boolean;
  readonly hasFixedBatches?: boolean;
  check?(settings: Readonly<Record<string, unknown>>): readonly FieldProblem[];
  /** Tries the settings; an outcome as of a send. */
  test?(at: At): Promise<Outcome>;
  /** The vendor's id of the list; an outcome: why there is none. */
  createAudience?(at: At, audience: Omit<AudienceAtVendor, "externalId">): Promise<string | undefined | Outcome>;
  /** Takes everybody out of it; `isGone`: by taking away the list itself. */
  emptyAudience?(at: At, audience: AudienceAtVendor): Promise<{ readonly outcome: Outcome; readonly isGone: boolean }>;
  /** Removes what it holds about a person. */
  forget?(at: At, person: ForgottenPerson): Promise<Outcome>;
}

type ForgottenPerson = Parameters<NonNullable<Destination["forget"]>>[1];

export function defineDestination(own: OwnDestination): (parts: OwnParts) => Destination {
  const { actions, secretSettings = [], isStatusAll, isForbiddenOfAccount, hasFixedBatches = false, check, test, createAudience, emptyAudience, forget, ...described } = own;
  const definition = destinationDefinition.parse({
    availability: { kind: "ready" }, ...described, origin: "own", proof: "contract", canTest: test !== undefined, canForget: forget !== undefined,
    settings: [...described.settings, ...appFields(described.slug)], actions: actions.map((action) => action.definition),
  });
  const secretFields = new Set([...definition.settings.filter((field) => field.type === "password").map((field) => field.key), ...secretSettings]);
  const problemsOf = (settings: Readonly<Record<string, unknown>>): readonly FieldProblem[] => [...checkFields(definition.settings, settings), ...appProblems(settings), ...(check?.(settings) ?? [])];

  return (given) => {
    const parts = { keeper: createTokenKeeper({ nowMs: given.nowMs }), layoutColumns: layoutColumnsInMemory(), ...given };
    const { keeper, outbound, nowMs, timeoutMs } = parts;
    const open = (connection: Connection, signal: AbortSignal) => {
      const secrets = secretTexts([...secretFields].map((key) => connection.settings[key]));
      const calls = renewingCalls({ keeper, outbound, nowMs, connection, signal, timeoutMs, secrets });
      const others: Exchange[] = [];
      const at: At = {
        get connection() { return calls.connection(); },
        settings: connection.settings, parts, signal,
        fetch: (request) => calls.fetch(request),
        clean: (text) => calls.clean(text),
        record: (exchange) => void others.push({ ...exchange, requestBody: calls.clean(exchange.requestBody, exchangeBytesMax), responseBody: calls.clean(exchange.responseBody, exchangeBytesMax) }),
        read: (reply) => outcomeOf(reply, { nowMs: nowMs(), said: reply.status < 300 ? "" : calls.clean(saidIn(reply.body)), ...(isForbiddenOfAccount === undefined ? {} : { isForbiddenOfAccount }) }),
      };
      /** Without secrets; of a token that is not taken, why there is no other. */
      const clean = (outcome: Outcome): Outcome => {
        const told = outcome.kind === "unauthorized" ? calls.failure() ?? outcome : outcome;
        return "detail" in told ? { ...told, detail: calls.clean(told.detail) } : told;
      };
      const rest = (): { readonly exchanges: readonly Exchange[]; readonly refreshed?: RefreshedTokens } => {
        const refreshed = calls.refreshed();
        return { exchanges: [...calls.exchanges(), ...others], ...(refreshed === undefined ? {} : { refreshed }) };
      };
      return { at, rest, clean };
    };
    const failed = (error: unknown): Outcome => {
      if (!(error instanceof OutboundError)) throw error;
      return outcomeOfFailure(error, { nowMs: parts.nowMs(), isStatusAll });
    };

    return {
      definition,
      hasFixedBatches,
      check: problemsOf,
      async test(connection, signal) {
        const { at, rest, clean } = open(connection, signal);
        const [problem] = problemsOf(connection.settings);
        if (problem) return { isGood: false, detail: problem.problem, exchanges: [] };
        const outcome = clean(await (test?.(at) ?? Promise.resolve<Outcome>({ kind: "nothing", detail: "" })).catch(failed));
        return { ...testResult(outcome), ...rest() };
      },
      async send(request, signal) {
        const index = definition.actions.findIndex((one) => one.key === request.subscription.action);
        const [action, declared] = [actions[index], definition.actions[index]];
        if (!action || !declared) throw new AppError("bad_request", { detail: `${definition.name} has no action ${request.subscription.action}.` });
        const { at, rest, clean } = open(request.connection, signal);
        const outcomes = await outcomesOf(request, declared, action, { at, failed });
        return { outcomes: outcomes.map(clean), ...rest() };
      },
      ...(createAudience === undefined ? {} : {
        async createAudience(connection: Connection, audience: Omit<AudienceAtVendor, "externalId">, signal: AbortSignal) {
          const { at, rest, clean } = open(connection, signal);
          const made = await createAudience(at, audience).catch(failed);
          if (typeof made === "object") throw new AppError("vendor_refused", { detail: "detail" in made ? (clean(made) as typeof made).detail : "" });
          return { externalId: made, ...rest() };
        },
      }),
      ...(emptyAudience === undefined ? {} : {
        async emptyAudience(connection: Connection, audience: AudienceAtVendor, signal: AbortSignal) {
          const { at, rest, clean } = open(connection, signal);
          const { outcome, isGone } = await emptyAudience(at, audience).catch((error: unknown) => ({ outcome: failed(error), isGone: false }));
          return { outcome: clean(outcome), isGone: isGone && outcome.kind === "delivered", ...rest() };
        },
      }),
      ...(forget === undefined ? {} : {
        async forget(connection: Connection, person: ForgottenPerson, signal: AbortSignal) {
          const { at, rest, clean } = open(connection, signal);
          return { outcomes: [clean(await forget(at, person).catch(failed))], ...rest() };
        },
      }),
    };
  };
}

interface Sender {
  readonly at: At;
  failed(error: unknown): Outcome;
}

async function outcomesOf(request: SendRequest, declared: Action, action: OwnAction, { at, failed }: Sender): Promise<Outcome[]> {
  const { syncMode } = request.subscription;
  const checked = request.items.map((item): Outcome | undefined => {
    const [problem] = [...checkFields(declared.fields, item.payload, { syncMode }), ...(action.check?.(item.payload, request) ?? [])];
    return problem && { kind: "refused", code: "payload", detail: `${problem.field}: ${problem.problem}` };
  });
  const items = request.items.filter((_item, index) => checked[index] === undefined);
  if (items.length === 0) return checked.filter((outcome) => outcome !== undefined);
  const sent: readonly Outcome[] | Outcome = await action.send({ ...at, request, items }).catch(failed);
  const each = "kind" in sent ? items.map(() => sent) : sent;
  let next = 0;
  return checked.map((outcome) => outcome ?? each[next++] ?? notTold);
}

/** The vendor answered for fewer items than were sent. */
const notTold: Outcome = { kind: "retry", code: "not_told", detail: "The reply does not say what became of this one.", isOfDestination: false };

function testResult(outcome: Outcome): { readonly isGood: true } | { readonly isGood: false; readonly detail: string } {
  return outcome.kind === "delivered" || outcome.kind === "nothing" ? { isGood: true } : { isGood: false, detail: outcome.detail };
}
