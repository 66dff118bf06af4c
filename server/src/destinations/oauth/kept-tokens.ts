// Tokens as they are kept in Postgres, sealed, and renewed there: once, however many wait for it in however many processes. Whoever renews holds a
// lock of the destination and reads the newest tokens under it, so that the second finds what the first was given and asks for nothing. They are kept
// before the lock is let go, and never over ones that somebody connected, or took away, meanwhile.
import type { ClientBase, Pool } from "pg";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { Seal } from "../../core/sealed-text.ts";
import { inTransaction } from "../../engines/postgres/in-transaction.ts";
import type { Connection, Outcome, Tokens } from "../destination.ts";

export type Renewed = { readonly kind: "tokens"; readonly tokens: Tokens } | { readonly kind: "failed"; readonly failure: Exclude<Outcome, { readonly kind: "delivered" | "nothing" }> };

/** Asks the vendor. `newest`: what is kept now; undefined: nothing is. */
export type AskAnew = (newest: Tokens | undefined) => Promise<Renewed>;

export interface KeptTokens {
  /** `used`: the one that was refused; undefined: there was none. What was renewed meanwhile by others is handed out without asking. */
  renew(connection: Pick<Connection, "workspaceId" | "destinationId">, used: string | undefined, ask: AskAnew): Promise<Renewed>;
}

/** Any number of ours: the advisory lock under which tokens of a destination are renewed. */
const RENEWAL_LOCK = 71_021;
/** Longer than a vendor is waited for, so that who waits gets what came. */
const LOCK_TIMEOUT_MS = 60_000;
const TRIES = 5;

const gone: Renewed = { kind: "failed", failure: { kind: "unauthorized", detail: "It is not connected to the vendor any more: connect it again.", status: 401 } };
const busy: Renewed = { kind: "failed", failure: { kind: "retry", code: "token_busy", detail: "The tokens are being renewed by somebody else.", isOfDestination: true } };

/** `pool`: connections as the owner of the tables, of its own: each is held while a vendor is asked. */
export function createKeptTokens({ pool, seal }: { readonly pool: Pool; readonly seal: Pick<Seal, "seal" | "open"> }): KeptTokens {
  return {
    renew: async (connection, used, ask) => {
      try {
        return await inTransaction(pool, (tx) => renewUnderLock(tx, { seal, connection, used, ask }));
      } catch (error) {
        if (isLockTimeout(error)) return busy;
        throw error;
      }
    },
  };
}

interface Renewing {
  readonly seal: Pick<Seal, "seal" | "open">;
  readonly connection: Pick<Connection, "workspaceId" | "destinationId">;
  readonly used: string | undefined;
  readonly ask: AskAnew;
}

async function renewUnderLock(tx: ClientBase, { seal, connection, used, ask }: Renewing): Promise<Renewed> {
  const { workspaceId, destinationId } = connection;
  await tx.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await tx.query("select pg_advisory_xact_lock($1, $2)", [RENEWAL_LOCK, destinationId]);
  const before = await read(tx, seal, connection);
  if (before === undefined || (before.tokens === undefined && used !== undefined)) return gone;
  if (before.tokens !== undefined && before.tokens.accessToken !== used) return { kind: "tokens", tokens: before.tokens };
  const renewed = await ask(before.tokens);
  if (renewed.kind === "failed") return renewed;
  const tokens: Tokens = { appIdentity: before.tokens?.appIdentity, ...renewed.tokens };
  const sealed = seal.seal(JSON.stringify(tokens), workspaceId);
  let { text } = before;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { rowCount } = await tx.query(
      "update destination set tokens_sealed = $3 where workspace_id = $1 and id = $2 and status = 'active' and tokens_sealed is not distinct from $4", [workspaceId, destinationId, sealed, text],
    );
    if (rowCount === 1) return { kind: "tokens", tokens };
    const now = await read(tx, seal, connection);
    if (now === undefined || now.tokens === undefined) return gone;
    // Connected anew: those count. The same under another key: a rotation went by, and it is kept after all.
    if (now.tokens.accessToken !== used) return { kind: "tokens", tokens: now.tokens };
    text = now.text;
  }
  return busy;
}

/** Undefined: the destination is gone. */
async function read(tx: ClientBase, seal: Pick<Seal, "open">, { workspaceId, destinationId }: Renewing["connection"]): Promise<{ readonly text: string | null; readonly tokens: Tokens | undefined } | undefined> {
  const { rows } = await tx.query<{ tokens_sealed: string | null }>("select tokens_sealed from destination where workspace_id = $1 and id = $2 and status = 'active'", [workspaceId, destinationId]);
  const text = rows[0]?.tokens_sealed;
  if (text === undefined) return undefined;
  return { text, tokens: text === null ? undefined : tokensOf(seal.open(text, workspaceId)) };
}

/** Undefined: it is no text of ours, or can't be opened any more. */
export function tokensOf(opened: string): Tokens | undefined {
  let value: unknown;
  try {
    value = JSON.parse(opened);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { accessToken, refreshToken, expiresAtMs, appIdentity } = value;
  if (typeof accessToken !== "string" || accessToken === "") return undefined;
  return {
    accessToken, refreshToken: typeof refreshToken === "string" ? refreshToken : undefined, expiresAtMs: typeof expiresAtMs === "number" ? expiresAtMs : undefined,
    appIdentity: typeof appIdentity === "string" ? appIdentity : undefined,
  };
}

function isLockTimeout(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "55P03";
}
