// Allowed origins as they are typed, one a line, and what is wrong with a line before it is sent.
import { ORIGIN_LENGTH_MAX, originPattern, ORIGINS_MAX } from "@tributary/schema/api/origin.ts";

export type OriginProblem = "scheme" | "path" | "space" | "twice" | "tooLong" | "tooMany" | "malformed";

export interface OriginLine {
  readonly text: string;
  readonly problem: OriginProblem;
}

/** The lines that say something, without the slash that a copied address ends with. */
export function originsOf(text: string): string[] {
  return text.split(/\r?\n/).map((line) => line.trim().replace(/^(https?:\/\/[^/]+)\/$/i, "$1")).filter((line) => line !== "");
}

/** The lines that the API would refuse, each with why. */
export function originProblems(origins: readonly string[]): OriginLine[] {
  return origins.flatMap((text, index) => {
    const problem = problemOf(text) ?? (origins.findIndex((one) => one.toLowerCase() === text.toLowerCase()) < index ? "twice" : index >= ORIGINS_MAX ? "tooMany" : undefined);
    return problem === undefined ? [] : [{ text, problem }];
  });
}

function problemOf(text: string): OriginProblem | undefined {
  if (text.length > ORIGIN_LENGTH_MAX) return "tooLong";
  if (text !== "*" && !/^https?:\/\//i.test(text)) return "scheme";
  if (/\s/.test(text)) return "space";
  if (/^https?:\/\/[^/?#]+[/?#]/i.test(text)) return "path";
  return originPattern.test(text) ? undefined : "malformed";
}
