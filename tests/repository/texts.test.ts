// What people read in the console stands in console/src/texts, in each language: not in the components.
import { expect, test } from "vitest";
import { sourceFiles, type SourceFile, type SyntaxNode } from "./source-files.ts";

/** Properties whose value is read out or shown. */
const readable = new Set(["aria-label", "aria-description", "alt", "title", "placeholder", "label", "description", "text", "sentence", "hint", "name", "header"]);

/** Names that are the same in every language. */
const names = new Set(["Tributary", "JSON", "YAML", "CSV", "SDK"]);

const components = sourceFiles().filter(({ path }) => path.startsWith("console/src/") && !path.startsWith("console/src/texts/") && path.endsWith(".tsx"));

test("components hold no words of their own", () => {
  const found = components.flatMap((file) => file.nodes.flatMap((node) => wordsIn(node).filter(isWords).map((words) => `${place(file, node)} ${words}`)));
  expect(found).toEqual([]);
});

test("a component with words of its own would be found", () => {
  for (const words of ["Send", "Send again", "has gone", "(new)"]) expect(isWords(words)).toBe(true);
  for (const other of ["", " · ", "→", "{name}", "100%", "grow", "Tributary", "application/json", "M4 12h6"]) expect(isWords(other)).toBe(false);
});

function place(file: SourceFile, node: SyntaxNode): string {
  return `${file.path}:${file.lineOf(node)}`;
}

/** Text between tags, and strings in properties that people read, also those of a condition. */
function wordsIn(node: SyntaxNode): string[] {
  if (node.type === "JSXText") return [String(node["value"])];
  return [];
}

function isWords(text: string): boolean {
  return /\p{L}{2}/u.test(text) && !names.has(text.trim());
}
