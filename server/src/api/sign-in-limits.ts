// Guessing passwords is slow: each attempt takes from what its address and the account that it names have left. Kept in
// memory, so each process that serves the API counts for itself.
import { AppError } from "../core/errors.ts";
import { senderGroup } from "../core/trusted-addresses.ts";
import { RateLimiter } from "./rate-limit.ts";

/** Attempts at once, and how long one takes to come back. */
const PER_ADDRESS = { burst: 30, seconds: 6 };
const PER_ACCOUNT = { burst: 10, seconds: 30 };

export interface SignInLimits {
  /** Before the secret is looked at; without an account, by the address alone. Throws `too_many_attempts` with the time to wait. */
  attempt(address: string, account: string | undefined, nowMs: number): void;
  /** The password was right: what was mistyped before counts no more against the account. */
  succeeded(email: string): void;
}

export function createSignInLimits(): SignInLimits {
  const addresses = new RateLimiter<string>(1 / PER_ADDRESS.seconds, PER_ADDRESS.burst);
  const accounts = new RateLimiter<string>(1 / PER_ACCOUNT.seconds, PER_ACCOUNT.burst);
  return {
    attempt(address, account, nowMs) {
      slowed(() => addresses.take(senderGroup(address), nowMs), "from this address");
      if (account !== undefined) slowed(() => accounts.take(account.toLowerCase(), nowMs), "for this account");
    },
    succeeded: (email) => accounts.forget(email.toLowerCase()),
  };
}

function slowed(take: () => void, where: string): void {
  try {
    take();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError("too_many_attempts", {
      detail: `There were too many ${where}.`,
      ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    });
  }
}
