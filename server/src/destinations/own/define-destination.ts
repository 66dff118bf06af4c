// Makes a destination of what is particular to it: the rest (settings and payloads checked, exchanges recorded, secrets cut out, what
// failed on the way read as outcomes) is the same for all of ours and stands here once.
import { checkFields, type FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import { destinationDefinition, type Action, type DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { createSecretCutter, OutboundError, recordExchanges, secretTexts, type Outbound, type OutboundReply, type OutboundRequest } from "../../outbound/outbound.ts";
import { exchangeBytesMax, type AudienceAtVendor, type Connection, type Destination, type Exchange, type Outcome, type SendItem, type SendRequest, type TestResult } from "../destination.ts";
import { outcomeOf, outcomeOfFailure, saidIn } from "./outcome-of.ts";

/** What composition hands to all of them. */
export interface OwnParts {
  readonly outbound: Outbound;
  /** Where files of workspaces go. */
  readonly filesDirectory: string;
  readonly nowMs: () => number;
  /** Of one exchange. */
  readonly timeoutMs: number;
}

/** One call of a destination. */
export interface At {
  readonly connection: Connection;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly parts: OwnParts;
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
  check?(settings: Readonly<Record<string, unknown>>): readonly FieldProblem[];
  /** Tries the settings; an outcome as of a send. */
  test?(at: At): Promise<Outcome>;
  /** The vendor's id of the list; an outcome: why there is none. */
  createAudience?(at: At, audience: Omit<AudienceAtVendor, "externalId">): Promise<string | undefined | Outcome>;
}

export function defineDestination(own: OwnDestination): (parts: OwnParts) => Destination {
  const { actions, secretSettings = [], isStatusAll, isForbiddenOfAccount, check, test, createAudience, ...described } = own;
  const definition = destinationDefinition.parse({
    availability: { kind: "ready" }, ...described, origin: "own", proof: "contract", canTest: test !== undefined, canForget: false,
    actions: actions.map((action) => action.definition),
  });
  const secretFields = new Set([...definition.settings.filter((field) => field.type === "password").map((field) => field.key), ...secretSettings]);
  const problemsOf = (settings: Readonly<Record<string, unknown>>): readonly FieldProblem[] => [...checkFields(definition.settings, settings), ...(check?.(settings) ?? [])];

  return (parts) => {
    const open = (connection: Connection, signal: AbortSignal) => {
      const secrets = secretTexts([[...secretFields].map((key) => connection.settings[key]), connection.oauth]);
      const recording = recordExchanges(parts.outbound, { secrets, nowMs: parts.nowMs });
      const cutter = createSecretCutter(secrets);
      const others: Exchange[] = [];
      const at: At = {
        connection, settings: connection.settings, parts, signal,
        fetch: (request) => recording.client.fetch({ ...request, signal, timeoutMs: parts.timeoutMs }),
        clean: (text) => cutter.text(text),
        record: (exchange) => void others.push({ ...exchange, requestBody: cutter.text(exchange.requestBody, exchangeBytesMax), responseBody: cutter.text(exchange.responseBody, exchangeBytesMax) }),
        read: (reply) => outcomeOf(reply, { nowMs: parts.nowMs(), said: reply.status < 300 ? "" : cutter.text(saidIn(reply.body)), ...(isForbiddenOfAccount === undefined ? {} : { isForbiddenOfAccount }) }),
      };
      return { at, exchanges: () => [...recording.exchanges, ...others], clean: (outcome: Outcome): Outcome => ("detail" in outcome ? { ...outcome, detail: cutter.text(outcome.detail) } : outcome) };
    };
    const failed = (error: unknown): Outcome => {
      if (!(error instanceof OutboundError)) throw error;
      return outcomeOfFailure(error, { nowMs: parts.nowMs(), isStatusAll });
    };

    return {
      definition,
      check: problemsOf,
      async test(connection, signal) {
        const { at, exchanges, clean } = open(connection, signal);
        const [problem] = problemsOf(connection.settings);
        if (problem) return { isGood: false, detail: problem.problem, exchanges: [] };
        const outcome = clean(await (test?.(at) ?? Promise.resolve<Outcome>({ kind: "nothing", detail: "" })).catch(failed));
        return testResult(outcome, exchanges());
      },
      async send(request, signal) {
        const index = definition.actions.findIndex((one) => one.key === request.subscription.action);
        const [action, declared] = [actions[index], definition.actions[index]];
        if (!action || !declared) throw new AppError("bad_request", { detail: `${definition.name} has no action ${request.subscription.action}.` });
        const { at, exchanges, clean } = open(request.connection, signal);
        const outcomes = await outcomesOf(request, declared, action, { at, failed });
        return { outcomes: outcomes.map(clean), exchanges: exchanges() };
      },
      ...(createAudience === undefined ? {} : {
        async createAudience(connection: Connection, audience: Omit<AudienceAtVendor, "externalId">, signal: AbortSignal) {
          const { at, exchanges, clean } = open(connection, signal);
          const made = await createAudience(at, audience).catch(failed);
          if (typeof made === "object") throw new AppError("vendor_refused", { detail: "detail" in made ? (clean(made) as typeof made).detail : "" });
          return { externalId: made, exchanges: exchanges() };
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

function testResult(outcome: Outcome, exchanges: readonly Exchange[]): TestResult {
  return outcome.kind === "delivered" || outcome.kind === "nothing" ? { isGood: true, exchanges } : { isGood: false, detail: outcome.detail, exchanges };
}
