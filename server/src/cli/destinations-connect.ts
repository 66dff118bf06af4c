// `tributary destinations connect`: somebody signs in at the vendor in any browser, and hands the address that it comes back to over here.
import { Command } from "commander";
import { authorization, authorizationBegun, authorizationForgotten } from "@tributary/schema/api/destination-authorization.ts";
import type { ApiClient } from "./api-client.ts";
import type { Output } from "./output.ts";

const pathOf = (slug: string): string => `/api/v1/destinations/${encodeURIComponent(slug)}/authorization`;

interface ConnectOptions {
  readonly address?: string;
  readonly forget?: boolean;
}

export function connectCommand(output: Output, to: (work: (client: ApiClient) => Promise<void>) => Promise<void>): Command {
  return new Command("connect").description("connect a destination to its vendor, where somebody signs in: says what to open, and takes the address that it comes back to").argument("<slug>")
    .option("--address <address>", "the whole address that the browser came back to")
    .option("--forget", "delete the vendor's tokens, and give them back where the vendor takes them")
    .action((slug: string, options: ConnectOptions) => to((client) => connect(client, output, slug, options)));
}

async function connect(client: ApiClient, output: Output, slug: string, { address, forget = false }: ConnectOptions): Promise<void> {
  if (forget) {
    const { revoked } = await client.delete(pathOf(slug), authorizationForgotten);
    return output.out(revoked ? `${slug} is disconnected, and the vendor took the tokens back.\n` : `${slug} is disconnected here. Take the app's access away in the vendor's own pages, too.\n`);
  }
  if (address !== undefined) {
    const { vendor } = await client.put(pathOf(slug), { address }, authorization);
    return output.out(`${slug} is connected${vendor === null ? "" : ` with ${vendor}`}.\n`);
  }
  const { url, expires_at: until } = await client.post(pathOf(slug), {}, authorizationBegun);
  output.out(`Open this before ${until}, agree, and come back with the address that the browser then shows:\n\n${url}\n\ntributary destinations connect ${slug} --address '<that address>'\n`);
}
