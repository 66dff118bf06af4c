// Sign-in and sessions, by better-auth on our Postgres: by e-mail and password, and a code where the account wants one;
// nobody signs up. It reads its tables by the names of our migrations; who may do what once signed in is not its business
// (members.ts), nor is single sign-on (single-sign-on.ts).
import { hkdfSync } from "node:crypto";
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { twoFactor } from "better-auth/plugins/two-factor";
import type { Pool } from "pg";
import type { Logger } from "../core/logger.ts";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, type Account } from "./account-store.ts";

export const SESSION_COOKIE = "tributary_session";
export const AUTH_PREFIX = "/api/auth";
/** Between the right password and the code: says whose code is awaited. */
export const CHALLENGE_COOKIE = "tributary.two_factor";
/** The header in which the door says where a request comes from; what a sender puts there is thrown away. */
export const CLIENT_ADDRESS_HEADER = "x-tributary-client-address";
const SESSION_SECONDS = 7 * 86_400;
const SESSION_RENEW_SECONDS = 86_400;

export interface Session {
  readonly id: string;
  readonly account: Account;
  readonly hasTwoFactor: boolean;
}

export interface Accounts {
  /** Answers a request below AUTH_PREFIX; its URL must be on the origin that it was checked to come from. */
  handle(request: Request): Promise<Response>;
  /** Whose code is awaited, by a Cookie header; the cookie opens nothing by itself. */
  challengedBy(cookie: string): Promise<Account | undefined>;
  /** Forgets sessions whose time is up, with the addresses that stand in them, and what was begun and never ended. */
  forgetEnded(): Promise<void>;
  /** Whose session a Cookie header carries, and cookies to set because it was renewed or has ended. */
  sessionOf(cookie: string): Promise<{ readonly session: Session | undefined; readonly setCookies: readonly string[] }>;
}

export interface AccountsOptions {
  /** Connections as the owner of the tables. */
  readonly pool: Pool;
  /** The install's: session cookies are signed by a key that derives from it. */
  readonly secret: string;
  readonly publicUrl: string;
  readonly logger: Logger;
}

export function createAccounts(options: AccountsOptions): Accounts {
  const auth = betterAuth(authOptions(options));
  return {
    handle: (request) => auth.handler(request),
    async forgetEnded() {
      await options.pool.query("delete from auth_session where expires_at < now()");
      await options.pool.query("delete from auth_verification where expires_at < now()");
      await options.pool.query("delete from password_reset where expires_at < now()");
    },
    async sessionOf(cookie) {
      const { headers, response } = await auth.api.getSession({ headers: new Headers({ cookie }), returnHeaders: true });
      const setCookies = headers.getSetCookie();
      if (response === null) return { session: undefined, setCookies };
      const { id, name, email, twoFactorEnabled } = response.user;
      return { session: { id: response.session.id, account: { id, name, email }, hasTwoFactor: twoFactorEnabled === true }, setCookies };
    },
    async challengedBy(cookie) {
      const value = new RegExp(`(?:^|;\\s*)${CHALLENGE_COOKIE.replace(".", "\\.")}=([^;]+)`).exec(cookie)?.[1];
      const identifier = value && /^[\w-]+/.exec(value)?.[0];
      if (!identifier) return undefined;
      const { rows } = await options.pool.query<Account>(
        "select u.id, u.name, u.email from auth_verification v join auth_user u on u.id = v.value where v.identifier = $1 and v.expires_at > now()", [identifier],
      );
      return rows[0];
    },
  };
}

const times = { createdAt: "created_at", updatedAt: "updated_at" };

/** How better-auth is set up. Exported for the test that holds migration 0005 against it. */
export function authOptions({ pool, secret, publicUrl, logger }: AccountsOptions) {
  const { origin, protocol } = new URL(publicUrl);
  const value = Buffer.from(hkdfSync("sha256", secret, "", "session cookies", 32)).toString("base64url");
  return {
    appName: "Tributary",
    baseURL: origin,
    basePath: AUTH_PREFIX,
    // The list, and not `secret`, for only the list keeps the environment from naming other ones.
    secrets: [{ version: 1, value }],
    database: pool,
    // The door in front (api/account-door.ts) has checked the origin against all addresses that this server has.
    trustedOrigins: async (request) => (request === undefined ? [] : [new URL(request.url).origin]),
    emailAndPassword: {
      enabled: true, disableSignUp: true, minPasswordLength: PASSWORD_LENGTH_MIN, maxPasswordLength: PASSWORD_LENGTH_MAX,
    },
    user: { modelName: "auth_user", fields: { ...times, emailVerified: "email_verified" } },
    session: {
      modelName: "auth_session",
      fields: { ...times, userId: "user_id", expiresAt: "expires_at", ipAddress: "ip_address", userAgent: "user_agent" },
      expiresIn: SESSION_SECONDS,
      updateAge: SESSION_RENEW_SECONDS,
    },
    account: {
      modelName: "auth_account",
      fields: {
        ...times, userId: "user_id", accountId: "account_id", providerId: "provider_id", accessToken: "access_token", refreshToken: "refresh_token",
        idToken: "id_token", accessTokenExpiresAt: "access_token_expires_at", refreshTokenExpiresAt: "refresh_token_expires_at",
      },
    },
    verification: { modelName: "auth_verification", fields: { ...times, expiresAt: "expires_at" } },
    plugins: [
      twoFactor({
        issuer: "Tributary",
        // Each challenge takes five codes; so many wrong ones in a row close the account's second step for a while.
        accountLockout: { maxFailedAttempts: 10, durationSeconds: 900 },
        schema: {
          user: { fields: { twoFactorEnabled: "two_factor_enabled" } },
          twoFactor: {
            modelName: "auth_two_factor",
            fields: { userId: "user_id", backupCodes: "backup_codes", failedVerificationCount: "failed_verification_count", lockedUntil: "locked_until" },
          },
        },
      }),
    ],
    // The door limits attempts, by address and by account, and says how long to wait.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: "error", log: (_level, message) => logger.error({ part: "accounts" }, message) },
    advanced: {
      // Its own prefix for secure cookies would change the name; the attribute is set all the same.
      useSecureCookies: false,
      cookies: { session_token: { name: SESSION_COOKIE, attributes: { secure: protocol === "https:" } } },
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax", path: "/", secure: protocol === "https:" },
      cookiePrefix: "tributary",
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
      // Said, because under NODE_ENV=test it would leave these checks out.
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
  } satisfies BetterAuthOptions;
}
