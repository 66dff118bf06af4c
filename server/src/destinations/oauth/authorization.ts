// A destination is connected to its vendor: somebody is sent there with a state that only they can bring back, once and within minutes, and what comes
// back is changed for tokens. The state stands in the database as a hash, with who began, for which destination and with which app; whoever else brings
// it, or brings it late or twice, connects nothing. Of what comes back from the vendor's side nothing is believed before its state is.
import { createHash, randomBytes } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { Seal } from "../../core/sealed-text.ts";
import { inTransaction } from "../../engines/postgres/in-transaction.ts";
import { recordAudit } from "../../governance/governance.ts";
import type { OutboundClient } from "../../outbound/outbound.ts";
import { lockDestinations, openSettings, type Changing, type StoredDestination } from "../destination-store.ts";
import { asDetail } from "../own/outcome-of.ts";
import { appIdentity, appOf, type OAuthApp } from "./app-settings.ts";
import { revokeTokens, tokensForCode, type GivenTokens } from "./ask-tokens.ts";
import { tokensOf } from "./kept-tokens.ts";

export const authorizationMinutes = 10;
const STATE_LENGTH_MAX = 200;
const CODE_LENGTH_MAX = 8_000;

/** Why a try came to nothing. `unknown_state` is told apart from none of its causes: expired long ago, used, never there. */
export const authorizationProblems = ["unknown_state", "expired", "other_account", "settings_changed", "denied", "vendor_error", "no_code", "not_exchanged"] as const;
export type AuthorizationProblem = (typeof authorizationProblems)[number];

const problemTexts: Readonly<Record<AuthorizationProblem, string>> = {
  unknown_state: "Nobody began to connect anything with this address, or it was used already. Begin again.",
  expired: `It took longer than ${authorizationMinutes} minutes. Begin again.`,
  other_account: "This was begun by somebody else. Whoever begins has to finish, signed in here as the same account.",
  settings_changed: "The destination was changed meanwhile. Begin again.",
  denied: "At the vendor access was refused.",
  vendor_error: "The vendor sent an error instead of a code.",
  no_code: "The vendor sent neither a code nor an error.",
  not_exchanged: "The vendor gave no tokens for its code.",
};
export const authorizationText = (code: AuthorizationProblem): string => problemTexts[code];

export interface AuthorizationState {
  readonly waitingUntil: Date | null;
  readonly problem: { readonly code: AuthorizationProblem; readonly detail: string; readonly at: string } | null;
  readonly connectedAt: Date | null;
  readonly connectedBy: string | null;
  readonly scopes: string | null;
  readonly tokenExpiresAt: Date | null;
}

const nothing: AuthorizationState = { waitingUntil: null, problem: null, connectedAt: null, connectedBy: null, scopes: null, tokenExpiresAt: null };

export async function readAuthorization(db: ClientBase, workspaceId: number, destinationId: number, nowMs: number): Promise<AuthorizationState> {
  const { rows } = await db.query<AuthorizationState>(
    `select case when state_hash is not null and expires_at > $3 then expires_at end as "waitingUntil", problem, connected_at as "connectedAt", connected_by as "connectedBy", scopes,
       token_expires_at as "tokenExpiresAt"
     from destination_authorization where workspace_id = $1 and destination_id = $2`, [workspaceId, destinationId, new Date(nowMs)],
  );
  return rows[0] ?? nothing;
}

// ── Begun ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const begunShape = z.strictObject({ verifier: z.string(), redirectUri: z.string(), app: z.string() });

/** The app of a destination's settings. Throws `conflict` where nobody signs in for it, or something is missing. */
export function wholeApp(seal: Seal, workspaceId: number, stored: StoredDestination): OAuthApp {
  const known = appOf(stored.definition, openSettings(seal, workspaceId, stored));
  if (known === undefined) throw new AppError("conflict", { detail: "Nobody signs in at the vendor for this destination: its settings are all it needs.", hint: "Fill in its settings." });
  if (known.missing.length > 0) throw new AppError("conflict", { detail: `There is missing: ${known.missing.join(", ")}.`, hint: `Register an app with ${known.app.name} and put its values into the destination's settings.` });
  return known.app;
}

/** Within a transaction. What was begun before is over. */
export async function beginAuthorization(
  db: ClientBase, seal: Seal, by: Changing, stored: StoredDestination, redirectUri: string,
): Promise<{ readonly url: string; readonly expiresAt: Date }> {
  const app = wholeApp(seal, by.workspaceId, stored);
  const [state, verifier] = [randomBytes(32).toString("base64url"), randomBytes(48).toString("base64url")];
  const expiresAt = new Date(by.nowMs + authorizationMinutes * 60_000);
  const begun: z.infer<typeof begunShape> = { verifier, redirectUri, app: appIdentity(app) };
  await db.query(
    `insert into destination_authorization (destination_id, workspace_id, state_hash, begun_by, begun_sealed, expires_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (destination_id) do update set state_hash = excluded.state_hash, begun_by = excluded.begun_by, begun_sealed = excluded.begun_sealed, expires_at = excluded.expires_at, problem = null`,
    [stored.id, by.workspaceId, hashOf(state), by.actor, seal.seal(JSON.stringify(begun), by.workspaceId), expiresAt],
  );
  await recordAudit(db, { ...by, action: "destination.authorize", target: `destination:${stored.slug}`, detail: { step: "begun" } }, by.nowMs);
  return { url: addressOf(app, { state, verifier, redirectUri }), expiresAt };
}

function addressOf(app: OAuthApp, { state, verifier, redirectUri }: { readonly state: string; readonly verifier: string; readonly redirectUri: string }): string {
  const url = new URL(app.authorizeUrl ?? "");
  const challenge = { code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256" };
  const said = app.dialect === "tiktok" ? { app_id: app.clientId } : { response_type: "code", client_id: app.clientId, ...(app.scopes.length === 0 ? {} : { scope: app.scopes.join(" ") }) };
  for (const [name, value] of Object.entries({ ...app.params, ...said, redirect_uri: redirectUri, state, ...(app.pkce ? challenge : {}) })) url.searchParams.set(name, value);
  return url.href;
}

const hashOf = (state: string): Buffer => createHash("sha256").update(state).digest();

// ── Come back ─────────────────────────────────────────────────────────────────────────────────────────────────────

export interface FinishParts {
  /** Connections as the owner of the tables: the state alone says which workspace it is. */
  readonly pool: Pool;
  readonly seal: Seal;
  readonly outbound: OutboundClient;
  readonly signal: AbortSignal;
}

/** What came back in the address, as it came. */
export interface Returned {
  readonly state?: string | undefined;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly errorDescription?: string | undefined;
}

export interface Returning {
  readonly actor: string;
  readonly nowMs: number;
  /** Whether they may change destinations of that workspace, now. */
  readonly mayConnect: (workspaceId: number) => Promise<boolean>;
  /** The one that they say they connect; undefined: the state alone says it. */
  readonly slug?: string;
}

export type Finished =
  | { readonly kind: "connected"; readonly workspaceId: number; readonly slug: string; readonly name: string }
  | { readonly kind: "failed"; readonly code: AuthorizationProblem; readonly detail: string; readonly workspaceId?: number; readonly slug?: string };

interface Taken {
  readonly workspaceId: number;
  readonly destinationId: number;
  readonly begunBy: string;
  readonly begunSealed: string;
  readonly expiresAt: Date;
}

/** The first who brings a state has used it up, whatever comes of it. */
export async function finishAuthorization(parts: FinishParts, returned: Returned, by: Returning): Promise<Finished> {
  const taken = await takeState(parts.pool, returned.state);
  if (taken === undefined) return { kind: "failed", code: "unknown_state", detail: "" };
  const stored = await storedOf(parts.pool, taken);
  const failed = async (code: AuthorizationProblem, detail: string): Promise<Finished> => {
    await keepProblem(parts.pool, taken, stored, by, { code, detail });
    // Whoever is not the one who began learns nothing of what they brought.
    return code === "other_account" ? { kind: "failed", code, detail: "" } : { kind: "failed", code, detail, workspaceId: taken.workspaceId, ...(stored === undefined ? {} : { slug: stored.slug }) };
  };
  if (taken.begunBy !== by.actor || (by.slug !== undefined && by.slug !== stored?.slug) || !await by.mayConnect(taken.workspaceId)) return failed("other_account", "Somebody else came back than had begun, or somebody who may not connect destinations any more.");
  if (taken.expiresAt.getTime() <= by.nowMs) return failed("expired", "");
  if (returned.error !== undefined) return failed(/denied|cancel/i.test(returned.error) ? "denied" : "vendor_error", asDetail([returned.error, returned.errorDescription].filter((part) => part !== undefined && part !== "").join(": ")));
  if (returned.code === undefined || returned.code === "" || returned.code.length > CODE_LENGTH_MAX) return failed("no_code", "");
  const begun = begunShape.safeParse(jsonOf(parts.seal.open(taken.begunSealed, taken.workspaceId)));
  const known = stored && appOf(stored.definition, openSettings(parts.seal, taken.workspaceId, stored));
  if (!begun.success || stored === undefined || known === undefined || known.missing.length > 0 || appIdentity(known.app) !== begun.data.app) return failed("settings_changed", "");
  const answer = await tokensForCode({ app: known.app, outbound: parts.outbound, nowMs: by.nowMs, signal: parts.signal }, { code: returned.code, ...begun.data });
  if (answer.kind === "failed") return failed("not_exchanged", answer.detail);
  const isKept = await inTransaction(parts.pool, (db) => keepGiven(db, parts.seal, { workspaceId: taken.workspaceId, actor: by.actor, nowMs: by.nowMs }, stored, { tokens: answer.tokens, app: known.app }));
  return isKept ? { kind: "connected", workspaceId: taken.workspaceId, slug: stored.slug, name: stored.name } : failed("settings_changed", "");
}

async function takeState(pool: Pool, state: string | undefined): Promise<Taken | undefined> {
  if (state === undefined || state === "" || state.length > STATE_LENGTH_MAX) return undefined;
  const { rows } = await pool.query<Taken>(
    `update destination_authorization set state_hash = null where state_hash = $1
     returning workspace_id as "workspaceId", destination_id as "destinationId", begun_by as "begunBy", begun_sealed as "begunSealed", expires_at as "expiresAt"`, [hashOf(state)],
  );
  return rows[0];
}

async function storedOf(pool: Pool, { workspaceId, destinationId }: Taken): Promise<StoredDestination | undefined> {
  const { rows } = await pool.query<StoredDestination>(
    `select id, slug, name, definition, settings_sealed as "settingsSealed", version from destination where workspace_id = $1 and id = $2 and status = 'active'`, [workspaceId, destinationId],
  );
  return rows[0];
}

async function keepProblem(
  pool: Pool, { workspaceId, destinationId }: Taken, stored: StoredDestination | undefined, by: Returning, problem: { readonly code: AuthorizationProblem; readonly detail: string },
): Promise<void> {
  await inTransaction(pool, async (db) => {
    await db.query("update destination_authorization set problem = $3, begun_sealed = null where workspace_id = $1 and destination_id = $2 and state_hash is null", [
      workspaceId, destinationId, JSON.stringify({ ...problem, at: new Date(by.nowMs).toISOString() }),
    ]);
    await recordAudit(db, { workspaceId, actor: by.actor, action: "destination.authorize", target: `destination:${stored?.slug ?? destinationId}`, detail: { step: "failed", code: problem.code } }, by.nowMs);
  });
}

/** False: the destination is another one meanwhile. Its version goes on, so that what waits for a person is tried at once. */
async function keepGiven(
  db: ClientBase, seal: Seal, by: Changing, stored: Pick<StoredDestination, "id" | "slug" | "version">, { tokens, app }: { readonly tokens: GivenTokens; readonly app: OAuthApp | undefined },
): Promise<boolean> {
  await lockDestinations(db, by.workspaceId);
  const { accessToken, refreshToken, expiresAtMs } = tokens;
  const sealed = seal.seal(JSON.stringify({ accessToken, refreshToken, expiresAtMs, appIdentity: app && appIdentity(app) }), by.workspaceId);
  const { rowCount } = await db.query(
    "update destination set tokens_sealed = $3, version = version + 1, updated_at = $4, updated_by = $5 where workspace_id = $1 and id = $2 and status = 'active' and version = $6",
    [by.workspaceId, stored.id, sealed, new Date(by.nowMs), by.actor, stored.version],
  );
  if (rowCount !== 1) return false;
  await db.query(
    `insert into destination_authorization (destination_id, workspace_id, connected_at, connected_by, scopes, token_expires_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (destination_id) do update set state_hash = null, begun_by = null, begun_sealed = null, expires_at = null, problem = null, connected_at = excluded.connected_at,
       connected_by = excluded.connected_by, scopes = excluded.scopes, token_expires_at = excluded.token_expires_at`,
    [stored.id, by.workspaceId, new Date(by.nowMs), by.actor, tokens.scopes ?? app?.scopes.join(" ") ?? null, expiresAtMs === undefined ? null : new Date(expiresAtMs)],
  );
  await recordAudit(db, { ...by, action: "destination.authorize", target: `destination:${stored.slug}`, detail: { step: "connected" } }, by.nowMs);
  return true;
}

// ── Without signing in, and away again ────────────────────────────────────────────────────────────────────────────

/** Tokens that somebody has already, of a system user for instance. Within a transaction. Throws `conflict` for a destination that takes none. */
export async function keepGivenTokens(db: ClientBase, seal: Seal, by: Changing, stored: StoredDestination, tokens: Pick<GivenTokens, "accessToken" | "refreshToken">): Promise<void> {
  const known = appOf(stored.definition, openSettings(seal, by.workspaceId, stored));
  if (known === undefined) throw new AppError("conflict", { detail: "This destination takes no tokens of a vendor.", hint: "Fill in its settings." });
  const isKept = await keepGiven(db, seal, by, stored, { tokens: { ...tokens, expiresAtMs: undefined, scopes: undefined }, app: known.missing.length === 0 ? known.app : undefined });
  if (!isKept) throw new AppError("conflict", { detail: "The destination was changed meanwhile.", hint: "Try again." });
}

/** Gone here in any case; given back to the vendor where it takes them back. The answer: whether it did. */
export async function forgetTokens(parts: FinishParts, by: Changing, stored: StoredDestination): Promise<{ readonly revoked: boolean }> {
  const tokens = stored.tokensSealed === null ? undefined : tokensOf(parts.seal.open(stored.tokensSealed, by.workspaceId));
  await inTransaction(parts.pool, async (db) => {
    await lockDestinations(db, by.workspaceId);
    await db.query("update destination set tokens_sealed = null, version = version + 1, updated_at = $3, updated_by = $4 where workspace_id = $1 and id = $2", [by.workspaceId, stored.id, new Date(by.nowMs), by.actor]);
    await db.query("delete from destination_authorization where workspace_id = $1 and destination_id = $2", [by.workspaceId, stored.id]);
    await recordAudit(db, { ...by, action: "destination.authorize", target: `destination:${stored.slug}`, detail: { step: "forgotten" } }, by.nowMs);
  });
  const known = tokens && appOf(stored.definition, openSettings(parts.seal, by.workspaceId, stored));
  if (tokens === undefined || known === undefined || known.missing.length > 0) return { revoked: false };
  if (tokens.appIdentity !== undefined && tokens.appIdentity !== appIdentity(known.app)) return { revoked: false };
  return { revoked: await revokeTokens({ app: known.app, outbound: parts.outbound, nowMs: by.nowMs, signal: parts.signal }, tokens.refreshToken ?? tokens.accessToken) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
