// Asks before something is done that can't be taken back. Where nobody sits at a terminal it is not done, unless that was said beforehand.
import { createInterface } from "node:readline/promises";
import { CliError } from "./cli-error.ts";

export interface Asking {
  readonly isTerminal: boolean;
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

const atTerminal = (): Asking => ({ isTerminal: process.stdin.isTTY === true, input: process.stdin, output: process.stderr });

/** True for y or yes, whatever its letters; anything else is no, the end of the input too. */
export async function isAgreed(question: string, { isTerminal, input, output }: Asking = atTerminal()): Promise<boolean> {
  if (!isTerminal) throw new CliError("Nobody is there to be asked, so nothing was done.", { hint: "Say --yes where that is what you want, or --dry-run to see how much it is." });
  const lines = createInterface({ input, output });
  const closed = new Promise<string>((ended) => void lines.once("close", () => ended("")));
  try {
    return /^y(?:es)?$/iu.test((await Promise.race([lines.question(`${question} [y/N] `), closed])).trim());
  } finally {
    lines.close();
  }
}
