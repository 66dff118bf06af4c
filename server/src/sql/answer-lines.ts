// The lines of an answer that comes in one of the engine's formats of lines. An answer that breaks off ends in an error here, and not like one
// that is whole: the engine says so among the lines.
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Before the number and the text of an error, as ClickHouse puts them into an answer that it had begun. */
const BROKEN = "__exception__";

/** Throws what `failed` makes of the engine's own words, or of none. */
export async function* answerLines(stream: Readable, failed: (words: string) => Error): AsyncGenerator<string> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  let isBroken = false;
  for await (const line of withErrors(lines, stream)) {
    if (line.startsWith(BROKEN)) isBroken = true;
    else if (isBroken && line.includes("DB::Exception")) throw failed(line);
    else if (!isBroken && line.trim() !== "") yield line;
  }
  if (isBroken) throw failed("");
}

async function* withErrors(lines: ReturnType<typeof createInterface>, stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let failure: unknown;
  // It says again what the stream says, and after the reader left as well.
  lines.on("error", () => undefined);
  stream.once("error", (error) => {
    failure = error;
    lines.close();
  });
  yield* lines;
  if (failure !== undefined) throw failure;
}
