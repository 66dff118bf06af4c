// Accounts for tests of the API: made as the server makes them, signed in through the door, asking with a cookie as the
// console's pages do.
import type { Role } from "@tributary/schema/api/roles.ts";
import { asOwner, createAccount, type Account } from "../governance/governance.ts";
import type { CallOptions, Called, TestApi, TestWorkspace } from "./testing.ts";

export const testPassword = "correct horse battery";
/** Where the test API says it is. */
export const testOrigin = "http://localhost:8080";

export async function addAccount(
  test: TestApi, email: string, memberships: readonly (readonly [TestWorkspace, Role])[], isOperator = false,
): Promise<Account> {
  return asOwner(test.pool, async (db) => {
    const account = await createAccount(db, { email, password: testPassword, isOperator });
    if (account === undefined) throw new Error(`${email} has an account already`);
    for (const [index, [workspace, role]] of memberships.entries()) {
      await db.query("insert into member (workspace_id, account_id, role, since, by_whom) values ($1, $2, $3, now() + $4 * interval '1 ms', 'test')", [
        workspace.id, account.id, role, index,
      ]);
    }
    return account;
  });
}

export async function post(test: TestApi, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return test.server.inject({
    method: "POST", url: `/api/auth/${path}`, payload: JSON.stringify(body),
    headers: { "content-type": "application/json", origin: testOrigin, ...headers },
  });
}

/** Signs in and answers the Cookie header to send from then on. */
export async function signIn(test: TestApi, email: string, password = testPassword): Promise<string> {
  const response = await post(test, "sign-in/email", { email, password });
  if (response.statusCode !== 200) throw new Error(`${email} could not sign in: ${response.body}`);
  return response.cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join("; ");
}

/** What a page of the console sends with a change. */
export const fromConsole = { "x-tributary-csrf": "1", origin: testOrigin, "sec-fetch-site": "same-origin" } as const;

export function ask(test: TestApi, cookie: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
  return test.call(method, path, { token: null, ...options, headers: { cookie, ...fromConsole, ...options.headers } });
}

/** What the audit log of the first workspace says of an account, the oldest first: action and who did it. */
export async function auditOf(test: TestApi, accountId: string): Promise<readonly (readonly [action: string, actor: string])[]> {
  const { body } = await test.call("GET", `/audit?target=account:${accountId}`);
  return body.data.map(({ action, actor }: { action: string; actor: string }) => [action, actor] as const).toReversed();
}
