// What the door of accounts looks for in a request: whose secret it tries, which slows guessing, and what became of it, which
// stands in the audit log of the workspaces of the account. An address that has no account leaves no trace.
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { ANONYMOUS, asOwner, findAccount, recordAccountAudit, type Account } from "../governance/governance.ts";
import type { ApiDeps } from "./api-deps.ts";

interface Watched {
  /** Who it is about: the address in the body, whose session it is, or whose code is awaited. */
  readonly by: "address" | "session" | "challenge";
  /** Whether it tries a secret. */
  readonly guesses: boolean;
  /** As `action` in the audit log. */
  readonly done?: string;
  readonly failed?: string;
}

/** Path of better-auth → what to make of it. Signing in itself is told by the session that begins. */
const watched: Readonly<Record<string, Watched>> = {
  "sign-in/email": { by: "address", guesses: true, failed: "account.sign_in_failed" },
  "two-factor/verify-totp": { by: "challenge", guesses: true, done: "account.two_factor_on", failed: "account.two_factor_failed" },
  "two-factor/verify-backup-code": { by: "challenge", guesses: true, failed: "account.two_factor_failed" },
  "two-factor/enable": { by: "session", guesses: true, failed: "account.password_refused" },
  "two-factor/disable": { by: "session", guesses: true, done: "account.two_factor_off", failed: "account.password_refused" },
  "two-factor/generate-backup-codes": { by: "session", guesses: true, done: "account.recovery_codes", failed: "account.password_refused" },
  "change-password": { by: "session", guesses: true, done: "account.change_password", failed: "account.password_refused" },
  "sign-out": { by: "session", guesses: false, done: "account.sign_out" },
  "revoke-session": { by: "session", guesses: false, done: "account.end_sessions" },
  "revoke-sessions": { by: "session", guesses: false, done: "account.end_sessions" },
  "revoke-other-sessions": { by: "session", guesses: false, done: "account.end_sessions" },
};

/** How somebody got in, by the path that gave the session. */
const ways: Readonly<Record<string, string>> = {
  "sign-in/email": "password", "two-factor/verify-totp": "code", "two-factor/verify-backup-code": "recovery_code", "callback/oidc": "single_sign_on",
};

export interface Attempt {
  readonly path: string;
  /** Limits count by it; undefined when nothing is guessed. */
  readonly guessed: string | undefined;
  readonly account: Account | undefined;
  /** Signed in already, before this request. */
  readonly isSignedIn: boolean;
}

type WatchDeps = Pick<ApiDeps, "accounts" | "pool" | "clock">;

export async function lookAt(path: string, text: string, request: FastifyRequest, deps: WatchDeps): Promise<Attempt> {
  const rule = Object.hasOwn(watched, path) ? watched[path] : undefined;
  if (rule === undefined) return { path, guessed: undefined, account: undefined, isSignedIn: false };
  if (rule.by === "address") {
    const email = z.object({ email: z.string().max(254) }).safeParse(jsonOf(text)).data?.email.toLowerCase() ?? "";
    return { path, guessed: email, account: await findAccount(deps.pool, email), isSignedIn: false };
  }
  const cookie = request.headers.cookie ?? "";
  const { session } = await deps.accounts.sessionOf(cookie);
  const account = session?.account ?? (rule.by === "challenge" ? await deps.accounts.challengedBy(cookie) : undefined);
  return { path, guessed: rule.guesses ? (account?.email ?? "") : undefined, account, isSignedIn: session !== undefined };
}

/** Writes down what became of it; answers whether somebody got in by it. `cookies`: those that the answer sets. */
export async function writeDown(attempt: Attempt, answer: { readonly ok: boolean; readonly status: number; readonly cookies: readonly string[] }, deps: WatchDeps): Promise<boolean> {
  const rule = watched[attempt.path];
  const way = ways[attempt.path];
  if (way !== undefined && !attempt.isSignedIn && answer.status < 400) {
    const { session } = await deps.accounts.sessionOf(answer.cookies.map((one) => one.split(";", 1)[0]).join("; "));
    if (session === undefined) return false; // A code is still to come.
    await record(deps, session.account, session.account, "account.sign_in", { by: way });
    return true;
  }
  const action = answer.ok ? rule?.done : rule?.failed;
  if (action === undefined || attempt.account === undefined) return false;
  if (answer.ok || answer.status < 500) await record(deps, attempt.account, attempt.isSignedIn ? attempt.account : undefined, action);
  return false;
}

async function record(deps: WatchDeps, about: Account, by: Account | undefined, action: string, detail: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const actor = by === undefined ? ANONYMOUS : `account:${by.id}`;
  await asOwner(deps.pool, (db) => recordAccountAudit(db, about.id, { actor, action, detail }, deps.clock.nowMs()));
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
