// What is too long to be read at once is split: files, and functions by their own lines (an inner function counts for itself).
import { expect, test } from "vitest";
import { isTestFile, sourceFiles, type SourceFile, type SyntaxNode } from "./source-files.ts";

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

/** File → why it is longer. A ratchet: one that no longer is has to go. */
const longFiles: Readonly<Record<string, string>> = {
  "server/src/governance/personal-data-map.ts": "one entry for each place, read by looking one up",
};

/** Function → why it is longer. A ratchet, too. */
const longOnes: Readonly<Record<string, string>> = {
};

const code = sourceFiles().filter((file) => !isTestFile(file.path));
const linesOf = (text: string): number => text.trimEnd().split("\n").length;

function isFunction(node: SyntaxNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type) && node["body"] !== null;
}

function nameOf(node: SyntaxNode, file: SourceFile): string {
  const id = node["id"];
  return typeof id === "object" && id !== null && "name" in id ? String(id.name) : `line ${file.lineOf(node)}`;
}

/** "path name" of each. */
function longFunctions(file: SourceFile): string[] {
  const functions = file.nodes.filter(isFunction).map((node) => ({ node, start: node.start, end: Number(node["end"]) }));
  return functions.flatMap(({ node, start, end }) => {
    // The outermost functions within this one: their lines are not its own.
    const within = functions.filter((other) => other.start > start && other.end <= end);
    const outermost = within.filter((one) => !within.some((other) => other !== one && other.start <= one.start && other.end >= one.end));
    const inner = outermost.reduce((sum, one) => sum + linesOf(file.text.slice(one.start, one.end)) - 1, 0);
    const own = linesOf(file.text.slice(start, end)) - inner;
    return own > FUNCTION_LINES_MAX ? [`${file.path} ${nameOf(node, file)}`] : [];
  });
}

test("no file of the program is too long to be read at once", () => {
  const long = code.filter((file) => linesOf(file.text) > FILE_LINES_MAX).map((file) => file.path);
  expect(long.filter((path) => !(path in longFiles))).toEqual([]);
  expect(Object.keys(longFiles).filter((path) => !long.includes(path)), "no longer needed: remove from longFiles").toEqual([]);
});

test("no function is too long to be read at once", () => {
  const long = code.flatMap(longFunctions);
  expect(long.filter((one) => !(one in longOnes))).toEqual([]);
  expect(Object.keys(longOnes).filter((one) => !long.includes(one)), "no longer needed: remove from longOnes").toEqual([]);
});
