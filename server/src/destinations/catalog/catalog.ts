// Segment's catalog as destinations of ours: definitions out of a file, and every call handed to a thread that runs the package. The
// server's own thread loads none of it.
import { checkFields } from "@tributary/schema/destination/check-fields.ts";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { OutboundClient, OutboundOptions } from "../../outbound/outbound.ts";
import type { Catalog, Connection, Destination, Exchange, Outcome, RefreshedTokens, SendRequest, SendResult, Tokens } from "../destination.ts";
import { categories } from "./definitions/categories.ts";
import { environments } from "./definitions/labels.ts";
import { readDefinitions } from "./definitions.ts";
import type { Answer, Failure, Job } from "./host/job.ts";
import { createPool, type Answered, type Pool, type PoolOptions } from "./host/pool.ts";
import { appKeys, appProblems, connectionApp } from "../oauth/app-settings.ts";
import type { AskAnew, Renewed } from "../oauth/kept-tokens.ts";
import { askHere, refusedForApp } from "../oauth/renewal.ts";
import { createTokenKeeper, type TokenKeeper } from "../oauth/token-keeper.ts";
import { tokenSourceOf } from "../oauth/vendors.ts";

export interface HostedCatalogOptions {
  /** The folder `cache` of the data directory. */
  readonly cacheDir: string;
  readonly logger: Logger;
  readonly outbound: Pick<OutboundOptions, "privateHosts">;
  /** Tokens of all destinations; undefined: renewed in memory alone, and handed to the caller to keep. */
  readonly keeper?: TokenKeeper;
  /** Tokens are renewed by it where the package has no code for that. */
  readonly client?: OutboundClient;
  /** For tests: other threads, clients and limits. */
  readonly pool?: Partial<PoolOptions>;
}

const fileBeside = (name: string): string => new URL(name, import.meta.url).href;

export function createHostedCatalog({ cacheDir, logger, outbound, client, keeper = createTokenKeeper(), pool: tuning }: HostedCatalogOptions): Catalog {
  const pool = createPool({
    definitions: { file: fileBeside("./host/package-definitions.ts"), options: undefined },
    client: { file: fileBeside("./host/guarded-client.ts"), options: { privateHosts: outbound.privateHosts } },
    logger, ...tuning,
  });
  let read: Promise<readonly DestinationDefinition[]> | undefined;
  const all = (): Promise<readonly DestinationDefinition[]> => {
    read ??= readDefinitions({ cacheDir, logger }).catch((error: unknown) => {
      read = undefined;
      throw error;
    });
    return read;
  };
  return {
    // Our own are to be seen whatever becomes of these.
    list: () => all().catch((error: unknown) => {
      logger.error({ error }, "the definitions of Segment's catalog could not be read");
      return [];
    }),
    async find(slug) {
      if (!categories.has(slug)) return undefined;
      const definition = (await all()).find((one) => one.slug === slug);
      return definition && hostedDestination(definition, { pool, keeper, client });
    },
    close: () => pool.close(),
  };
}

export interface Host {
  readonly pool: Pool;
  readonly keeper: TokenKeeper;
  readonly client?: OutboundClient | undefined;
}

/** A job without its connection, which the tokens of the moment are put into. */
type Work = Job extends infer J ? J extends Job ? Omit<J, "connection"> : never : never;

interface Done extends Answered {
  readonly refreshed: RefreshedTokens | undefined;
}

export function hostedDestination(definition: DestinationDefinition, host: Host): Destination {
  const usable = (): void => {
    if (definition.availability.kind === "hidden") throw new AppError("bad_request", { detail: `${definition.name} can't be used. ${definition.availability.reason}` });
  };
  const work = async (connection: Connection, asked: Work, signal: AbortSignal): Promise<Done> => {
    usable();
    return withTokens({ definition, host, connection, signal }, asked);
  };
  return {
    definition,
    check: (settings) => [...checkFields(definition.settings, settings), ...appProblems(settings)],
    async test(connection, signal) {
      const [problem] = checkFields(definition.settings, connection.settings);
      if (problem) return { isGood: false, detail: problem.problem, exchanges: [] };
      const { answer, exchanges, refreshed } = await work(connection, { kind: "test" }, signal);
      if (answer.kind === "failed") return { isGood: false, detail: answer.failure.detail, exchanges, refreshed };
      return { isGood: true, exchanges, refreshed };
    },
    send: (request, signal) => send(definition, request, (asked) => work(request.connection, asked, signal)),
    ...(definition.audience?.isCreated === true ? {
      async createAudience(connection: Connection, audience, signal: AbortSignal) {
        const { answer, exchanges, refreshed } = await work(connection, { kind: "create_audience", audience }, signal);
        if (answer.kind !== "audience") throw refusedBy(definition, answer);
        return { externalId: answer.externalId, exchanges, refreshed };
      },
    } satisfies Pick<Destination, "createAudience"> : {}),
    async choices(connection, action, field, payload, signal) {
      const { answer } = await work(connection, { kind: "choices", action, field, payload }, signal);
      if (answer.kind !== "choices") throw refusedBy(definition, answer);
      return answer.choices;
    },
    ...(definition.canForget ? {
      async forget(connection: Connection, person, signal: AbortSignal) {
        // Without one, most would ask for an address that ends where the id should stand.
        if (person.userId === undefined || person.userId === "") return { outcomes: [{ kind: "nothing", detail: `${definition.name} is told of people by their user id alone.` }], exchanges: [] };
        const { answer, exchanges, refreshed } = await work(connection, { kind: "forget", person }, signal);
        return { outcomes: [outcomesOf(answer)[0] ?? { kind: "nothing", detail: "" }], exchanges, refreshed };
      },
    } satisfies Pick<Destination, "forget"> : {}),
  };
}

const outcomesOf = (answer: Answer): readonly Outcome[] => answer.kind === "outcomes" ? answer.outcomes : answer.kind === "failed" ? [answer.failure] : [];

function refusedBy({ name }: DestinationDefinition, answer: Answer): AppError {
  return new AppError("vendor_refused", { detail: answer.kind === "failed" ? `${name}: ${answer.failure.detail}` : name });
}

async function send({ name, actions }: DestinationDefinition, request: SendRequest, work: (asked: Work) => Promise<Done>): Promise<SendResult> {
  const { subscription, audience, items } = request;
  const action = actions.find((one) => one.key === subscription.action);
  if (!action) throw new AppError("bad_request", { detail: `${name} has no action ${subscription.action}.` });
  if (items.length === 0) return { outcomes: [], exchanges: [] };
  if (items.length > 1 && !action.batch) throw new AppError("bad_request", { detail: `${action.name} of ${name} takes one event at a time.` });
  const first = await work({ kind: "send", subscription, audience, items });
  return { outcomes: outcomesOf(first.answer), exchanges: first.exchanges, refreshed: first.refreshed };
}

interface Under {
  readonly definition: DestinationDefinition;
  readonly host: Host;
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

/** Runs it with the newest tokens; what was refused for them alone is run once more with new ones, and nothing else of it. */
async function withTokens(under: Under, asked: Work): Promise<Done> {
  const { definition, host: { keeper, pool }, connection, signal } = under;
  const exchanges: Exchange[] = [];
  const runWith = async (oauth: Tokens | undefined, what: Work): Promise<Answered> => {
    const at = { ...connection, ...connectionApp(connection.settings), oauth };
    const answered = await pool.run({ ...what, connection: at } as Job, environmentOf(at), signal); // A work with its connection is a job.
    exchanges.push(...answered.exchanges);
    return answered;
  };
  const renewed = (used: string | undefined): Promise<Renewed> => keeper.renew(connection, used, askAnew(under, runWith, exchanges));
  const handed = (now: Tokens | undefined): RefreshedTokens | undefined => now && !keeper.isKeeping && now.accessToken !== connection.oauth?.accessToken ? now : undefined;

  let tokens = keeper.current(connection);
  if (definition.authentication !== "oauth2") return { ...await runWith(tokens, asked), refreshed: undefined };
  if (tokens === undefined && tokenSourceOf(definition.slug) === "settings") {
    const given = await renewed(undefined);
    if (given.kind === "failed") return { answer: failedAll(asked, given.failure), exchanges, refreshed: undefined };
    ({ tokens } = given);
  }
  const first = await runWith(tokens, asked);
  const refused = refusedItems(first.answer);
  if (!tokens || refused.length === 0) return { answer: first.answer, exchanges, refreshed: handed(tokens) };
  const given = await renewed(tokens.accessToken);
  if (given.kind === "failed") return { answer: replaced(first.answer, refused, refused.map(() => given.failure), given.failure), exchanges, refreshed: handed(tokens) };
  const again = asked.kind === "send" ? { ...asked, items: refused.flatMap((at) => asked.items[at] ?? []) } : asked;
  const second = await runWith(given.tokens, again);
  return {
    answer: second.answer.kind === "outcomes" ? replaced(first.answer, refused, second.answer.outcomes, undefined) : second.answer, exchanges, refreshed: handed(given.tokens),
  };
}

const failedAll = (asked: Work, failure: Failure): Answer => asked.kind === "send" ? { kind: "outcomes", outcomes: asked.items.map(() => failure) } : { kind: "failed", failure };

/** Their tokens the package does not renew, or not where the workspace says. */
const renewedHere: ReadonlySet<string> = new Set(["attio", "webhook-extensible"]);

/** By the package, or by us. */
function askAnew({ definition: { slug }, host: { client }, connection, signal }: Under, runWith: (oauth: Tokens | undefined, what: Work) => Promise<Answered>, exchanges: Exchange[]): AskAnew {
  return async (newest) => {
    const refused = refusedForApp(connection, newest);
    if (refused !== undefined) return refused;
    if (client !== undefined && (renewedHere.has(slug) || connection.settings[appKeys.tokenUrl] !== undefined)) return askHere(connection, { outbound: client, nowMs: Date.now }, signal, exchanges)(newest);
    const { answer } = await runWith(newest, { kind: "refresh" });
    if (answer.kind === "tokens") return { kind: "tokens", tokens: answer.tokens };
    const failure: Failure = answer.kind === "failed" ? answer.failure : { kind: "retry", code: "no_token", detail: "No new token came.", isOfDestination: true };
    // Refused for good: somebody has to connect it anew.
    return { kind: "failed", failure: failure.kind === "refused" ? { kind: "unauthorized", detail: `The token could not be renewed: ${failure.detail}`, status: 401 } : failure };
  };
}

function refusedItems(answer: Answer): number[] {
  if (answer.kind === "failed") return answer.failure.kind === "unauthorized" && answer.failure.status === 401 ? [0] : [];
  return answer.kind === "outcomes" ? answer.outcomes.flatMap((one, at) => one.kind === "unauthorized" && one.status === 401 ? [at] : []) : [];
}

function replaced(answer: Answer, at: readonly number[], by: readonly Outcome[], failure: Failure | undefined): Answer {
  if (answer.kind !== "outcomes") return failure ? { kind: "failed", failure } : answer;
  return { kind: "outcomes", outcomes: answer.outcomes.map((one, index) => by[at.indexOf(index)] ?? one) };
}

/** What the package wants to find in the environment, out of the connection. */
function environmentOf({ slug, settings, app }: Connection): Record<string, string> {
  return Object.fromEntries((environments[slug] ?? []).flatMap(({ name, from }) => {
    const value = from === "client_id" ? app?.clientId : from === "client_secret" ? app?.clientSecret : settings[name];
    return typeof value === "string" && value !== "" ? [[name, value]] : [];
  }));
}
