// A token that ends while something is sent: it is renewed, and the request that was refused for it is sent once more. Renewing is asked of the
// vendor by us; destinations of Segment's catalog mostly have code of their own for it (catalog/catalog.ts).
import { createSecretCutter, recordExchanges, secretTexts, type OutboundClient, type OutboundReply, type OutboundRequest } from "../../outbound/outbound.ts";
import type { Connection, Exchange, Outcome, RefreshedTokens, Tokens } from "../destination.ts";
import { appIdentity, appOf } from "./app-settings.ts";
import { renewedTokens } from "./ask-tokens.ts";
import type { AskAnew, Renewed } from "./kept-tokens.ts";
import type { TokenKeeper } from "./token-keeper.ts";

export interface RenewalParts {
  readonly keeper: TokenKeeper;
  readonly outbound: OutboundClient;
  readonly nowMs: () => number;
}

const connectAgain = (why: string): Renewed => ({ kind: "failed", failure: { kind: "unauthorized", detail: `${why} Connect it again.`, status: 401 } });

/** Before anything is asked: tokens that were given to another app are shown to nobody. */
export function refusedForApp({ slug, settings }: Pick<Connection, "slug" | "settings">, newest: Tokens | undefined): Renewed | undefined {
  const known = appOf(slug, settings);
  if (newest?.appIdentity === undefined || known === undefined || appIdentity(known.app) === newest.appIdentity) return undefined;
  return connectAgain("The tokens were given to another app than the settings name now.");
}

/** What passed is added to `exchanges`. */
export function askHere(connection: Connection, { outbound, nowMs }: Omit<RenewalParts, "keeper">, signal: AbortSignal, exchanges: Exchange[]): AskAnew {
  return async (newest) => {
    const known = appOf(connection.slug, connection.settings);
    if (known === undefined || known.missing.length > 0) return connectAgain(`The token is not taken any more, and for renewing it there is missing: ${known?.missing.join(", ") ?? "everything"}.`);
    if (newest?.refreshToken === undefined) return connectAgain(`${known.app.name} does not take the token any more, and gave none to renew it with.`);
    const recording = recordExchanges(outbound, { secrets: secretTexts([newest, known.app.clientSecret]), nowMs });
    const answer = await renewedTokens({ app: known.app, outbound: recording.client, nowMs: nowMs(), signal }, newest.refreshToken);
    exchanges.push(...recording.exchanges);
    if (answer.kind === "tokens") return { kind: "tokens", tokens: answer.tokens };
    if (answer.isLater) return { kind: "failed", failure: { kind: "retry", code: "token_not_renewed", detail: answer.detail, status: answer.status, isOfDestination: true } };
    return { kind: "failed", failure: { kind: "unauthorized", detail: `The token could not be renewed: ${answer.detail}`, status: 401 } };
  };
}

/** A moment before its end a token is renewed unasked: clocks differ. */
const EARLY_MS = 60_000;

export interface CallsOptions extends RenewalParts {
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** Of one exchange. */
  readonly timeoutMs: number;
  /** Of the settings. */
  readonly secrets: readonly string[];
}

/** The requests of one call of a destination of ours, recorded. One that is refused for its token was not looked at, and is sent again with a new one, once. */
export interface Calls {
  /** With the newest tokens. */
  connection(): Connection;
  fetch(request: Omit<OutboundRequest, "signal" | "timeoutMs">): Promise<OutboundReply>;
  exchanges(): readonly Exchange[];
  /** Without secrets, new tokens among them. */
  clean(text: string, charactersMax?: number): string;
  /** Why there is no new token, where one was needed. */
  failure(): Outcome | undefined;
  /** To be kept by whoever handed the connection in; undefined: there are none, or they are kept. */
  refreshed(): RefreshedTokens | undefined;
}

export function renewingCalls(options: CallsOptions): Calls {
  const { keeper, outbound, nowMs, signal, timeoutMs } = options;
  const exchanges: (readonly Exchange[])[] = [];
  let tokens = keeper.current(options.connection);
  let failure: Outcome | undefined;
  let [recording, cutter] = recorded();

  function recorded() {
    const secrets = [...new Set([...options.secrets, ...secretTexts([options.connection.oauth, tokens])])];
    const made = recordExchanges(outbound, { secrets, nowMs });
    exchanges.push(made.exchanges);
    return [made, createSecretCutter(secrets)] as const;
  }

  async function renew(): Promise<boolean> {
    const passed: Exchange[] = [];
    exchanges.push(passed);
    const refused = refusedForApp(options.connection, tokens);
    const renewed = refused ?? await keeper.renew(options.connection, tokens?.accessToken, askHere(options.connection, { outbound, nowMs }, signal, passed));
    if (renewed.kind === "failed") {
      failure = renewed.failure;
      return false;
    }
    ({ tokens } = renewed);
    [recording, cutter] = recorded();
    return true;
  }

  const isEnding = (): boolean => tokens?.expiresAtMs !== undefined && tokens.refreshToken !== undefined && tokens.expiresAtMs - EARLY_MS < nowMs();
  const withToken = (headers: Readonly<Record<string, string>> | undefined) =>
    headers?.["authorization"]?.startsWith("Bearer ") === true ? { ...headers, authorization: `Bearer ${tokens?.accessToken ?? ""}` } : headers ?? {};

  return {
    connection: () => ({ ...options.connection, oauth: tokens }),
    async fetch(request) {
      if (isEnding()) await renew();
      const reply = await recording.client.fetch({ ...request, headers: withToken(request.headers), signal, timeoutMs });
      if (reply.status !== 401 || tokens === undefined || failure !== undefined || !await renew()) return reply;
      return recording.client.fetch({ ...request, headers: withToken(request.headers), signal, timeoutMs });
    },
    exchanges: () => exchanges.flat(),
    clean: (text, charactersMax) => cutter.text(text, charactersMax),
    failure: () => failure,
    refreshed: () => tokens !== undefined && !keeper.isKeeping && tokens.accessToken !== options.connection.oauth?.accessToken ? tokens : undefined,
  };
}
