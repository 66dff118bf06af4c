// The one way to the server. Every call goes through here: who asks (an API token of this tab, or the session cookie),
// errors as ApiProblem, and the live stream. Reads that are refused for now are asked again; what changes something never is.
// Shapes are those of schema/src/api.
import type { Problem } from "@tributary/schema/api/answer-parts.ts";
import { askAgain, realPatience, retryAfterSeconds } from "./ask-again.ts";
import { readEventStream } from "./event-stream.ts";
import { texts } from "./texts/texts.ts";

export interface Boot {
  /** The address that SDKs send to. */
  readonly publicUrl: string;
  readonly version: string;
}

const TOKEN_KEY = "tributary.token";
const WORKSPACE_KEY = "tributary.workspace";

/** What the server said about itself in the page. */
export const boot: Boot = readBoot();

/** What went wrong, in words for people: what the API answered, or that there was no answer (status 0). */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  readonly requestId: string;

  constructor(problem: Pick<Problem, "status" | "code" | "message" | "hint" | "request_id">) {
    super(problem.message);
    this.status = problem.status;
    this.code = problem.code;
    this.hint = problem.hint;
    this.requestId = problem.request_id;
  }
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** Reads; `path` is below /api/v1. A shared identifier's 300 is an answer, too. Rejects with ApiProblem. */
export async function read<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return answerOf<T>(await askToRead(path, query, signal));
}

/** Saves what a path answers as a file. Rejects with ApiProblem. */
export async function download(path: string, query: Query, name: string): Promise<void> {
  return saved(await askToRead(path, query), name);
}

/** The same of what is too long for an address. */
export async function downloadOf(path: string, body: unknown, name: string): Promise<void> {
  return saved(await ask(`/api/v1${path}`, writing("POST", body)), name);
}

async function saved(response: Response, name: string): Promise<void> {
  if (!response.ok) throw await problemOf(response);
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the file by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

const PAGE_ROWS = 200;
/** Of lists that a page holds whole: beyond these pages it shows what it has. */
const PAGES_MAX = 20;

/** All rows of a list, page by page. */
export async function readAll<T>(path: string, signal?: AbortSignal): Promise<readonly T[]> {
  const rows: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer: { readonly data: readonly T[]; readonly next_cursor: string | null } = await read(path, { limit: PAGE_ROWS, cursor }, signal);
    rows.push(...answer.data);
    if (answer.next_cursor === null) break;
    cursor = answer.next_cursor;
  }
  return rows;
}

/** Asks what is too long for an address, and changes nothing; rejects with ApiProblem. */
export async function question<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return answerOf<T>(await patiently(`/api/v1${path}`, () => writing("POST", body), signal));
}

/** Changes something; rejects with ApiProblem. */
export async function change<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return answerOf<T>(await ask(`/api/v1${path}`, { ...writing(method, body), ...(signal && { signal }) }), "change");
}

/** Sends a part of a file as it is; rejects with ApiProblem. */
export async function sendContent<T>(path: string, content: Blob, signal: AbortSignal): Promise<T> {
  const headers = { ...credentials(), "x-tributary-csrf": "1", "content-type": "application/octet-stream" };
  return answerOf<T>(await ask(`/api/v1${path}`, { method: "PUT", headers, body: content, signal }));
}

/** Asks the door of accounts; `path` is below /api/auth. With a body it changes something. Rejects with ApiProblem. */
export async function askDoor<T>(path: string, body?: unknown): Promise<T> {
  return answerOf<T>(await ask(`/api/auth/${path}`, body === undefined ? {} : writing("POST", body)));
}

/** Whether a code is still to come. */
export async function signInWithPassword(email: string, password: string): Promise<boolean> {
  useToken(undefined);
  const { twoFactorRedirect } = await askDoor<{ readonly twoFactorRedirect?: boolean }>("sign-in/email", { email, password });
  return twoFactorRedirect === true;
}

/** Ends the session, wherever it is kept. A server that can't be reached keeps nobody from leaving this tab. */
export async function signOut(): Promise<void> {
  const hadToken = currentToken() !== undefined;
  useToken(undefined);
  if (!hadToken) await ask("/api/auth/sign-out", writing("POST", {})).catch(() => undefined);
}

export interface StreamListener {
  readonly onOpen: () => void;
  readonly onMessage: (event: string, data: string) => void;
}

/** Follows a stream until it ends or `signal` aborts. Rejects with ApiProblem when it can't be opened or breaks off. */
export async function follow(path: string, query: Query, listener: StreamListener, signal: AbortSignal): Promise<void> {
  const headers = { ...credentials(), accept: "text/event-stream" };
  const response = await ask(`/api/v1${path}${queryText(query)}`, { headers, signal });
  if (!response.ok || response.body === null) throw await problemOf(response);
  listener.onOpen();
  try {
    for await (const message of readEventStream(response.body)) listener.onMessage(message.event, message.data);
  } catch {
    throw unreachable();
  }
}

export function currentToken(): string | undefined {
  return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
}

/** For this tab only: no other tab and no later visit has it. */
export function useToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(TOKEN_KEY);
  else sessionStorage.setItem(TOKEN_KEY, token);
}

export function useWorkspace(slug: string): void {
  sessionStorage.setItem(WORKSPACE_KEY, slug);
}

/** Of a workspace that is gone, or that one was taken out of. */
export function forgetWorkspace(): boolean {
  const had = sessionStorage.getItem(WORKSPACE_KEY) !== null;
  sessionStorage.removeItem(WORKSPACE_KEY);
  return had;
}

function credentials(): Record<string, string> {
  const token = currentToken();
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  const workspace = sessionStorage.getItem(WORKSPACE_KEY);
  return workspace === null ? {} : { "x-tributary-workspace": workspace };
}

function writing(method: string, body: unknown): RequestInit {
  const headers = { ...credentials(), "x-tributary-csrf": "1", ...(body === undefined ? {} : { "content-type": "application/json" }) };
  return { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
}

function askToRead(path: string, query: Query, signal?: AbortSignal): Promise<Response> {
  return patiently(`/api/v1${path}${queryText(query)}`, () => ({ headers: credentials() }), signal);
}

/** Of what changes nothing, however often it is asked. `init` is made anew for each try: whoever asks may be somebody else by then. */
function patiently(address: string, init: () => RequestInit, signal: AbortSignal | undefined): Promise<Response> {
  return askAgain(() => ask(address, { ...init(), ...(signal && { signal }) }), signal, realPatience);
}

async function ask(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { credentials: "same-origin", cache: "no-store", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw unreachable();
  }
}

async function answerOf<T>(response: Response, wish: "read" | "change" = "read"): Promise<T> {
  if (!response.ok && response.status !== 300) throw await problemOf(response, wish);
  try {
    return (await response.json()) as T; // The schema that the server checks its answers against.
  } catch {
    throw new ApiProblem({ status: response.status, code: "unreadable", ...texts.everywhere.unreadable, request_id: response.headers.get("x-request-id") ?? "" });
  }
}

/** Refusals whose hint is about a header, which nobody sees here. */
const refusedForNow: ReadonlySet<string> = new Set(["rate_limited", "overloaded"]);

async function problemOf(response: Response, wish: "read" | "change" = "read"): Promise<ApiProblem> {
  const given: Partial<Problem> = await response.json().catch(() => ({}));
  const code = given.code ?? String(response.status);
  const said = given.message ?? texts.everywhere.unreadable.message;
  const seconds = retryAfterSeconds(response);
  // When to come back stands in the message: some places show nothing else.
  const [message, hint] = seconds === undefined ? [said, given.hint ?? ""]
    : [`${said} ${texts.everywhere.refusedForNow[wish](seconds)}`, refusedForNow.has(code) ? "" : (given.hint ?? "")];
  return new ApiProblem({ status: response.status, code, message, hint, request_id: given.request_id ?? response.headers.get("x-request-id") ?? "" });
}

function unreachable(): ApiProblem {
  return new ApiProblem({ status: 0, code: "unreachable", ...texts.everywhere.offline, request_id: "" });
}

function queryText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

function readBoot(): Boot {
  const fallback = { publicUrl: location.origin, version: "" };
  try {
    return { ...fallback, ...JSON.parse(document.querySelector<HTMLMetaElement>('meta[name="boot"]')?.content ?? "{}") };
  } catch {
    return fallback; // Under Vite's own server, where nobody fills it in.
  }
}
