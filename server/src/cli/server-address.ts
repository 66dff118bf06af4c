// Where the running server is and with which token to ask it: what the environment says, or else what the server wrote
// into its data directory when it started.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { CliError } from "./cli-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Written by the server as `server.json` (0600) in its data directory, removed when it stops. */
const serverFile = z.object({ url: z.url(), socketPath: z.string().optional(), localToken: z.string() });

export interface ServerAddress {
  readonly url: string;
  readonly socketPath: string | undefined;
  readonly token: string;
  /** For messages. */
  readonly saidBy: string;
}

export function dataDirOf(env: Environment): string {
  return resolve(env["TRIBUTARY_DATA_DIR"] || "./data");
}

/** Throws CliError when there is no server that could be asked, or no token. */
export async function findServer(env: Environment): Promise<ServerAddress> {
  const url = env["TRIBUTARY_URL"];
  const token = env["TRIBUTARY_API_TOKEN"];
  const file = join(dataDirOf(env), "server.json");
  if (url) {
    if (!URL.canParse(url)) throw new CliError(`TRIBUTARY_URL is not an address: ${url}`, { hint: "Write it like http://127.0.0.1:8080." });
    if (!token) throw new CliError("TRIBUTARY_URL is set, and TRIBUTARY_API_TOKEN is not.", { hint: "Set TRIBUTARY_API_TOKEN to a token of that server." });
    return { url: url.replace(/\/+$/, ""), socketPath: undefined, token, saidBy: "TRIBUTARY_URL" };
  }
  const written = await readServerFile(file);
  if (!written) {
    throw new CliError(`No server is running on ${dataDirOf(env)}.`, {
      hint: "Start it with `tributary start`, name its data directory with TRIBUTARY_DATA_DIR, or set TRIBUTARY_URL and TRIBUTARY_API_TOKEN.", code: "unreachable",
    });
  }
  return { url: written.url.replace(/\/+$/, ""), socketPath: written.socketPath, token: token || written.localToken, saidBy: file };
}

async function readServerFile(path: string): Promise<z.infer<typeof serverFile> | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new CliError(`${path} can't be read.`, { hint: "Run this as the user that runs the server, or set TRIBUTARY_URL and TRIBUTARY_API_TOKEN.", cause: error });
  }
  const parsed = serverFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new CliError(`${path} is not what a server writes.`, { hint: "Remove it and start the server again." });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
