// API tokens: who asks, for which workspace, and what they may do. A token is shown once; only its SHA-256 is kept. A
// revoked or expired token stops working within TOKEN_CACHE_MS everywhere.
import { hash, randomBytes } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import { scope, type Scope } from "@tributary/schema/api/answer-parts.ts";
import { role, scopesOf } from "@tributary/schema/api/roles.ts";
import { apartMs } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";

export const TOKEN_CACHE_MS = 2_000;
const CACHE_ENTRIES_MAX = 10_000;
const TOKEN_COMMON_PREFIX = "trib_api_";
const PREFIX_LENGTH = 8;
/** What a token given by the operator must at least be long, so that it can't be guessed. */
export const SECRET_LENGTH_MIN = 16;

export interface ApiToken {
  readonly id: number;
  readonly workspaceId: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

export interface TokenDirectory {
  /**
   * The token behind a secret, or undefined when there is none, or it is revoked or expired. `admitUnknown` is called, and
   * may throw, before a secret is looked up that is not known to be a token's.
   */
  find(secret: string, nowMs: number, admitUnknown?: () => void): Promise<ApiToken | undefined>;
  /** Forgets what is cached, so that a revocation made here holds at once. */
  forget(): void;
}

export function hashSecret(secret: string): Buffer {
  return hash("sha256", secret, "buffer");
}

/**
 * A token carries a prefix by which leaked ones are found. A write key does not: it is told apart by its first characters
 * where collection counts the keys that it turned away. Both have more than 180 random bits.
 */
export function newSecret(kind: "api" | "write"): string {
  const random = randomBytes(32).toString("base64url").replace(/[-_]/g, "").slice(0, 32).padEnd(32, "0");
  return kind === "api" ? `${TOKEN_COMMON_PREFIX}${random}` : random;
}

/** The first characters that tell secrets apart; for tokens, behind the common prefix. Never more than half of the secret. */
export function secretPrefix(secret: string): string {
  const common = secret.startsWith(TOKEN_COMMON_PREFIX) ? TOKEN_COMMON_PREFIX.length : 0;
  return secret.slice(0, common + Math.min(PREFIX_LENGTH, Math.floor((secret.length - common) / 2)));
}

/** `admin` includes reading and writing; personal data is always named by itself. */
export function hasScope(holder: Pick<ApiToken, "scopes">, needed: Scope): boolean {
  if (holder.scopes.includes(needed)) return true;
  // Whoever sees everything may see one value; whoever changes the workspace may see who changed it.
  if (needed === "reveal") return holder.scopes.includes("personal_data");
  return (needed === "read" || needed === "write" || needed === "audit") && holder.scopes.includes("admin");
}

interface CacheEntry {
  readonly token: ApiToken | undefined;
  readonly expiresAtMs: number;
  readonly readAtMs: number;
}

interface TokenRow {
  id: number;
  workspace_id: number;
  name: string;
  scopes: string[];
  expires_at: Date | null;
  made_by: string | null;
  maker_role: string | null;
  maker_is_operator: boolean | null;
}

/** With the membership, now, of whoever made it, or made the tokens that it was made with. */
const TOKEN_BY_HASH = `with recursive up as (
    select made_by, workspace_id, 0 as height from api_token where token_hash = $1
    union all select t.made_by, t.workspace_id, up.height + 1 from up
      join api_token t on t.id = substring(up.made_by from '^token:([0-9]{1,9})$')::integer and t.workspace_id = up.workspace_id
  ), maker as (select made_by, workspace_id from up order by height desc limit 1)
  select t.id, t.workspace_id, t.name, t.scopes, t.expires_at, maker.made_by, m.role as maker_role, u.is_operator as maker_is_operator
    from api_token t cross join maker
    left join auth_user u on u.id = substring(maker.made_by from '^account:(.*)$')
    left join member m on m.workspace_id = maker.workspace_id and m.account_id = u.id
   where t.token_hash = $1 and t.revoked_at is null`;

/** `pool` works as the owner of the tables: the workspace is not known before the token is. */
export function createTokenDirectory(pool: Pool): TokenDirectory {
  // Known and unknown apart, so that a flood of wrong secrets pushes out no right one.
  const known = new Map<string, CacheEntry>();
  const unknown = new Map<string, CacheEntry>();
  const loading = new Map<string, Promise<CacheEntry>>();

  async function load(digest: Buffer, key: string, nowMs: number): Promise<CacheEntry> {
    const { rows } = await pool.query<TokenRow>({
      name: "token-by-hash",
      text: TOKEN_BY_HASH,
      values: [digest],
    });
    const entry = entryOf(rows[0], nowMs);
    const [cache, other] = entry.token ? [known, unknown] : [unknown, known];
    other.delete(key);
    if (cache.size >= CACHE_ENTRIES_MAX) cache.clear();
    cache.set(key, entry);
    return entry;
  }

  return {
    async find(secret, nowMs, admitUnknown) {
      const digest = hashSecret(secret);
      const key = digest.toString("base64");
      let entry = known.get(key) ?? unknown.get(key);
      if (entry === undefined || apartMs(nowMs, entry.readAtMs) >= TOKEN_CACHE_MS) {
        if (!known.has(key)) admitUnknown?.();
        let promise = loading.get(key);
        if (promise === undefined) {
          promise = load(digest, key, nowMs).finally(() => loading.delete(key));
          loading.set(key, promise);
        }
        entry = await promise;
      }
      return entry.expiresAtMs > nowMs ? entry.token : undefined;
    },
    forget() {
      known.clear();
      unknown.clear();
    },
  };
}

function entryOf(row: TokenRow | undefined, nowMs: number): CacheEntry {
  if (row === undefined) return { token: undefined, expiresAtMs: Infinity, readAtMs: nowMs };
  const scopes = row.scopes.filter((name): name is Scope => scope.safeParse(name).success).filter((name) => makerMay(row, name));
  return {
    token: { id: row.id, workspaceId: row.workspace_id, name: row.name, scopes },
    expiresAtMs: row.expires_at?.getTime() ?? Infinity,
    readAtMs: nowMs,
  };
}

/** Nobody keeps in a token what was taken from their role. One that nobody signed in made is the installation's own. */
function makerMay({ made_by: maker, maker_role: held, maker_is_operator: isOperator }: TokenRow, wanted: Scope): boolean {
  if (!maker?.startsWith("account:")) return true;
  const known = role.safeParse(held);
  return known.success && hasScope({ scopes: scopesOf(known.data, isOperator === true) }, wanted);
}

export interface NewToken {
  readonly workspaceId: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAtMs?: number;
  /** Given by the operator; made when absent. */
  readonly secret?: string;
  /** As `actor` in the audit log: it ends with the membership of whoever made it. */
  readonly madeBy?: string;
}

export interface StoredToken {
  readonly id: number;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** Null for the first tokens, and for those of before this was kept. */
  readonly madeBy: string | null;
}

interface StoredTokenRow {
  id: number;
  name: string;
  prefix: string;
  scopes: Scope[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  made_by: string | null;
}

const COLUMNS = "id, name, prefix, scopes, created_at, expires_at, revoked_at, made_by";

function storedToken(row: StoredTokenRow): StoredToken {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    madeBy: row.made_by,
  };
}

/** Makes a token; its secret is in the answer and nowhere else. */
export async function createToken(db: ClientBase, wish: NewToken): Promise<{ token: StoredToken; secret: string }> {
  const secret = wish.secret ?? newSecret("api");
  if (secret.length < SECRET_LENGTH_MIN) {
    throw new AppError("invalid_config", {
      detail: `An API token needs at least ${SECRET_LENGTH_MIN} characters.`,
      hint: "Choose a longer one, or let the server make it.",
    });
  }
  const { rows } = await db.query<StoredTokenRow>(
    `insert into api_token (workspace_id, name, token_hash, prefix, scopes, expires_at, made_by) values ($1, $2, $3, $4, $5, $6, $7) returning
      ${COLUMNS}`,
    [
      wish.workspaceId,
      wish.name,
      hashSecret(secret),
      secretPrefix(secret),
      wish.scopes,
      wish.expiresAtMs === undefined ? null : new Date(wish.expiresAtMs),
      wish.madeBy ?? null,
    ],
  );
  const row = rows[0];
  if (row === undefined) throw new AppError("internal");
  return { token: storedToken(row), secret };
}

/** Tokens with an id below `beforeId`, the newest first. */
export async function listTokens(db: ClientBase, workspaceId: number, beforeId: number, limit: number): Promise<StoredToken[]> {
  const { rows } = await db.query<StoredTokenRow>(
    `select ${COLUMNS} from api_token where workspace_id = $1 and id < $2 order by id desc limit $3`,
    [workspaceId, beforeId, limit],
  );
  return rows.map(storedToken);
}

/** Revokes; undefined when this workspace has no such token. Revoking twice keeps the first time. */
export async function revokeToken(db: ClientBase, workspaceId: number, id: number, nowMs: number): Promise<StoredToken | undefined> {
  const { rows } = await db.query<StoredTokenRow>(
    `update api_token set revoked_at = coalesce(revoked_at, $3) where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
    [workspaceId, id, new Date(nowMs)],
  );
  return rows[0] && storedToken(rows[0]);
}

/** The tokens that an actor made, those that they made, and so on; their ids. */
const MADE_BY = `with recursive made as (
    select id from api_token where workspace_id = $1 and made_by = $2
    union select t.id from api_token t join made on t.made_by = 'token:' || made.id where t.workspace_id = $1
  )`;

/** Of those that work and those that do not any more. */
export async function tokensBy(db: ClientBase, workspaceId: number, actor: string): Promise<readonly number[]> {
  const { rows } = await db.query<{ id: number }>(`${MADE_BY} select id from made`, [workspaceId, actor]);
  return rows.map(({ id }) => id);
}

/** How many tokens work that would end with this actor's membership. */
export async function countTokensBy(db: ClientBase, workspaceId: number, actor: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `${MADE_BY} select count(*)::integer as count from api_token where id in (select id from made) and revoked_at is null
     and (expires_at is null or expires_at > now())`, [workspaceId, actor],
  );
  return rows[0]?.count ?? 0;
}

/** Revokes them; those that worked until now. */
export async function revokeTokensBy(db: ClientBase, workspaceId: number, actor: string, nowMs: number): Promise<readonly number[]> {
  const { rows } = await db.query<{ id: number }>(
    `${MADE_BY} update api_token set revoked_at = $3 where id in (select id from made) and revoked_at is null returning id`,
    [workspaceId, actor, new Date(nowMs)],
  );
  return rows.map(({ id }) => id);
}
