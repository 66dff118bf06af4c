// `tributary token`: makes, lists and revokes API tokens.
import { Command, InvalidArgumentError, Option } from "commander";
import { scope, type Scope } from "@tributary/schema/api/answer-parts.ts";
import { tokenAnswer, tokenCreated, tokenList } from "@tributary/schema/api/workspace.ts";
import type { z } from "zod";
import { readAll, withServer, type ApiClient } from "./api-client.ts";
import { processOutput, tableText, type Output } from "./output.ts";

type Token = z.infer<typeof tokenAnswer>;

export function tokenCommand(output: Output = processOutput): Command {
  return new Command("token").description("make, list and revoke API tokens")
    .addCommand(new Command("create").description("make a token; it is shown once")
      .argument("<name>", "what it is for")
      .addOption(new Option("--scope <scopes...>", "what it may do").choices(scope.options).default(["read"], "read"))
      .option("--expires <time>", "ISO 8601 time after which it no longer works, such as 2027-01-01T00:00:00Z")
      .action((name: string, options: { scope: Scope[]; expires?: string }) => withServer(process.env, (client) => create(client, output, name, options))))
    .addCommand(new Command("list").description("list the tokens (never their secrets)")
      .action(() => withServer(process.env, (client) => list(client, output))))
    .addCommand(new Command("revoke").description("make a token stop working")
      .argument("<id>", "its number in the list", tokenId)
      .action((id: number) => withServer(process.env, (client) => revoke(client, output, id))));
}

function tokenId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("It is a number of `tributary token list`.");
  return Number(text);
}

async function create(client: ApiClient, output: Output, name: string, options: { scope: Scope[]; expires?: string }): Promise<void> {
  const body = { name, scopes: options.scope, ...(options.expires === undefined ? {} : { expires_at: options.expires }) };
  const { token, secret } = await client.post("/api/v1/tokens", body, tokenCreated);
  output.err(`Token ${token.id} (${token.name}) may: ${token.scopes.join(", ")}. It is shown this once:\n`);
  output.out(`${secret}\n`);
}

async function list(client: ApiClient, output: Output): Promise<void> {
  const tokens = await readAll(client, "/api/v1/tokens", tokenList);
  const rows = tokens.map((token) => [String(token.id), token.name, `${token.prefix}…`, token.scopes.join(","), stateOf(token)]);
  output.out(tableText([["ID", "NAME", "BEGINS WITH", "MAY", "STATE"], ...rows]));
}

function stateOf(token: Token): string {
  if (token.revoked_at) return `revoked ${token.revoked_at}`;
  return token.expires_at ? `until ${token.expires_at}` : "works";
}

async function revoke(client: ApiClient, output: Output, id: number): Promise<void> {
  await client.delete(`/api/v1/tokens/${id}`, tokenAnswer);
  output.err(`Token ${id} no longer works.\n`);
}
