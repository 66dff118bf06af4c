// `tributary account`: help for somebody who can't sign in.
import { Command } from "commander";
import { accountShown, passwordLinkAnswer, passwordResetAnswer } from "@tributary/schema/api/members.ts";
import { withServer } from "./api-client.ts";
import { processOutput, type Output } from "./output.ts";

export function accountCommand(output: Output = processOutput): Command {
  const forAccount = (name: string, what: string, act: (output: Output, email: string) => Promise<void>): Command =>
    new Command(name).description(what).argument("<email>", "the account's address").action((email: string) => act(output, email));
  return new Command("account").description("help somebody sign in")
    .addCommand(forAccount("reset-password", "give an account another password; it is shown once", resetPassword))
    .addCommand(forAccount("password-link", "make a link that sets a new password; it is mailed, or shown once", passwordLink))
    .addCommand(forAccount("switch-off-two-factor", "let an account in without its second factor", switchOffTwoFactor));
}

async function resetPassword(output: Output, email: string): Promise<void> {
  const { account, password } = await withServer(process.env, (client) => client.post("/api/v1/accounts/reset-password", { email }, passwordResetAnswer));
  output.err(`All sessions of ${account.email} have ended. The new password is shown this once:\n`);
  output.out(`${password}\n`);
}

async function passwordLink(output: Output, email: string): Promise<void> {
  const made = await withServer(process.env, (client) => client.post("/api/v1/accounts/password-link", { email }, passwordLinkAnswer));
  if (made.link === null) return output.err(`A mail with the link is on its way to ${made.account.email}.\n`);
  if (made.mail === "failed") output.err("The mail could not be sent; the server's log says more.\n");
  output.err(`With this link ${made.account.email} sets a new password. It works once, until ${made.expires_at}, and is shown this once:\n`);
  output.out(`${made.link}\n`);
}

async function switchOffTwoFactor(output: Output, email: string): Promise<void> {
  const account = await withServer(process.env, (client) => client.post("/api/v1/accounts/switch-off-two-factor", { email }, accountShown));
  output.err(`${account.email} signs in by password alone from now on. All sessions of the account have ended.\n`);
}
