// What is asked of a vendor about tokens (RFC 6749, 7009): a code is changed for them, they are renewed, they are given back. By the guarded client
// alone; what the vendor says about it is cut short, cleaned of secrets and of people's addresses, before anybody sees it.
import { isRecord } from "@tributary/schema/is-record.ts";
import { createSecretCutter, OutboundError, secretTexts, type OutboundClient, type OutboundReply } from "../../outbound/outbound.ts";
import { asDetail, parsedJson } from "../own/outcome-of.ts";
import type { OAuthApp } from "./app-settings.ts";

export interface GivenTokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly expiresAtMs: number | undefined;
  /** As the vendor says; undefined: what was asked for. */
  readonly scopes: string | undefined;
}

/** `isLater`: it may work another time. */
export type TokenAnswer =
  | { readonly kind: "tokens"; readonly tokens: GivenTokens }
  | { readonly kind: "failed"; readonly detail: string; readonly status: number | undefined; readonly isLater: boolean };

export interface TokenAsking {
  readonly app: OAuthApp;
  readonly outbound: OutboundClient;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 15_000;
const REPLY_BYTES_MAX = 200_000;
/** A token longer than that is none. */
const TOKEN_LENGTH_MAX = 16_000;
const EXPIRES_SECONDS_MAX = 10 * 366 * 86_400;

export async function tokensForCode(asking: TokenAsking, { code, redirectUri, verifier }: { readonly code: string; readonly redirectUri: string; readonly verifier: string }): Promise<TokenAnswer> {
  const { app } = asking;
  if (app.dialect === "tiktok") return ask(asking, { app_id: app.clientId, secret: app.clientSecret, auth_code: code }, [code]);
  const given = await ask(asking, { grant_type: "authorization_code", code, redirect_uri: redirectUri, ...(app.pkce ? { code_verifier: verifier } : {}) }, [code, verifier]);
  if (app.dialect !== "meta" || given.kind === "failed") return given;
  // Meta's first token ends within hours, and there is none to renew it with: it is changed for one of about sixty days.
  return ask(asking, { grant_type: "fb_exchange_token", fb_exchange_token: given.tokens.accessToken }, [given.tokens.accessToken]);
}

export async function renewedTokens(asking: TokenAsking, refreshToken: string): Promise<TokenAnswer> {
  const answer = await ask(asking, { grant_type: "refresh_token", refresh_token: refreshToken }, [refreshToken]);
  return answer.kind === "failed" ? answer : { ...answer, tokens: { ...answer.tokens, refreshToken: answer.tokens.refreshToken ?? refreshToken } };
}

/** True: the vendor says that the tokens open nothing any more. */
export async function revokeTokens(asking: TokenAsking, token: string): Promise<boolean> {
  const { app, outbound, signal } = asking;
  if (app.revokeUrl === undefined) return false;
  try {
    const { status } = await outbound.fetch({ method: "POST", url: app.revokeUrl, ...formOf(app, { token }), signal, timeoutMs: TIMEOUT_MS, responseBytesMax: REPLY_BYTES_MAX });
    return status >= 200 && status < 300;
  } catch (error) {
    if (error instanceof OutboundError) return false;
    throw error;
  }
}

async function ask({ app, outbound, nowMs, signal }: TokenAsking, values: Readonly<Record<string, string>>, secrets: readonly string[]): Promise<TokenAnswer> {
  const cutter = createSecretCutter(secretTexts([app.clientSecret, ...secrets]));
  const failed = (detail: string, status: number | undefined, isLater: boolean): TokenAnswer => ({ kind: "failed", detail: asDetail(cutter.text(detail)), status, isLater });
  try {
    const reply = await outbound.fetch({
      method: "POST", url: app.tokenUrl ?? "", ...(app.dialect === "tiktok" ? jsonOf(values) : formOf(app, values)), signal, timeoutMs: TIMEOUT_MS, responseBytesMax: REPLY_BYTES_MAX,
    });
    const tokens = reply.status >= 200 && reply.status < 300 ? tokensIn(reply, nowMs) : undefined;
    if (tokens !== undefined) return { kind: "tokens", tokens };
    const said = saidOf(reply);
    const isLater = reply.status === 408 || reply.status === 429 || reply.status >= 500;
    return failed(said === "" ? `${app.name} answered ${reply.status} without a token.` : `${app.name} answered ${reply.status}: ${said}`, reply.status, isLater);
  } catch (error) {
    if (error instanceof OutboundError) return failed(error.message, error.status, error.failure !== "address_refused" && error.failure !== "bad_address");
    throw error;
  }
}

function formOf(app: OAuthApp, values: Readonly<Record<string, string>>) {
  const client: Readonly<Record<string, string>> = app.client === "body" ? { client_id: app.clientId, client_secret: app.clientSecret } : {};
  const basic = Buffer.from(`${encodeURIComponent(app.clientId)}:${encodeURIComponent(app.clientSecret)}`).toString("base64");
  return {
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json", ...(app.client === "basic" ? { authorization: `Basic ${basic}` } : {}) },
    body: new URLSearchParams({ ...values, ...client }).toString(),
  };
}

const jsonOf = (values: Readonly<Record<string, string>>) => ({ headers: { "content-type": "application/json" }, body: JSON.stringify(values) });

function tokensIn(reply: OutboundReply, nowMs: number): GivenTokens | undefined {
  const answer = parsedJson(reply.body);
  if (!isRecord(answer)) return undefined;
  const given = isRecord(answer["data"]) && answer["access_token"] === undefined ? answer["data"] : answer;
  const accessToken = tokenIn(given["access_token"]) ?? tokenIn(given["token"]);
  if (accessToken === undefined) return undefined;
  const seconds = Number(given["expires_in"]);
  const scope = given["scope"];
  return {
    accessToken, refreshToken: tokenIn(given["refresh_token"]), expiresAtMs: Number.isFinite(seconds) && seconds > 0 ? nowMs + Math.min(seconds, EXPIRES_SECONDS_MAX) * 1_000 : undefined,
    scopes: typeof scope === "string" ? asDetail(scope) : undefined,
  };
}

/** What would stand in a header. */
function tokenIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= TOKEN_LENGTH_MAX && /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}

/** Why there is none, wherever the vendor says so. */
function saidOf({ body }: OutboundReply): string {
  const answer = parsedJson(body);
  if (!isRecord(answer)) return "";
  const error = isRecord(answer["error"]) ? answer["error"]["message"] : answer["error"];
  return [error, answer["error_description"], answer["message"]].filter((part): part is string => typeof part === "string" && part !== "").join(": ");
}
