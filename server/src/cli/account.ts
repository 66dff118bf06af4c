// `tributary account`: help for somebody who can't sign in.
import { Command } from "commander";
import { passwordResetAnswer } from "@tributary/schema/api/members.ts";
import { withServer } from "./api-client.ts";
import { processOutput, type Output } from "./output.ts";

export function accountCommand(output: Output = processOutput): Command {
  return new Command("account").description("help somebody sign in")
    .addCommand(new Command("reset-password").description("give an account another password; it is shown once")
      .argument("<email>", "the account's address")
      .action((email: string) => resetPassword(output, email)));
}

async function resetPassword(output: Output, email: string): Promise<void> {
  const { account, password } = await withServer(process.env, (client) => client.post("/api/v1/accounts/reset-password", { email }, passwordResetAnswer));
  output.err(`All sessions of ${account.email} have ended. The new password is shown this once:\n`);
  output.out(`${password}\n`);
}
