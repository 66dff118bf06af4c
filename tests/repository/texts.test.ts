// What people read in the console stands in console/src/texts: not in the components.
import { expect, test } from "vitest";
import { propertyWords, roleWords } from "@tributary/schema/audience/vocabulary-words.ts";
import { de } from "../../console/src/texts/de/de.ts";
import { en } from "../../console/src/texts/en/en.ts";
import { isTestFile, sourceFiles, type SyntaxNode } from "./source-files.ts";

/** Attributes and properties whose value is shown or read out. */
const shown = new Set(["aria-label", "aria-description", "aria-roledescription", "alt", "title", "placeholder", "label", "description", "text", "sentence", "hint", "header", "message", "error"]);

/** The same in every language. */
const names = new Set(["Tributary", "ClickHouse", "JSON", "YAML", "CSV", "SDK"]);

const components = sourceFiles().filter(({ path }) => path.startsWith("console/src/") && !path.startsWith("console/src/texts/") && !isTestFile(path));

test("components hold no words of their own", () => {
  const found = components.flatMap((file) => file.nodes.flatMap((node) => writtenIn(node).filter(isWords).map((words) => `${file.path}:${file.lineOf(node)} ${words.trim()}`)));
  expect(found).toEqual([]);
});

test("signs between tags and examples in fields are looked at", () => {
  const written = components.flatMap(({ nodes }) => nodes.flatMap(writtenIn));
  expect(written).toEqual(expect.arrayContaining(["⌘K", "https://shop.example.com"]));
});

test("words are told from signs, names and examples", () => {
  for (const words of ["Send", "Send again", " has gone", "(new)", "“Sure?”"]) expect(isWords(words), words).toBe(true);
  for (const other of ["", " · ", "→", "&nbsp;", "⌘K", "100%", "Tributary", "ClickHouse ", "https://shop.example.com", "d.M.yyyy HH:mm", "rgb(0)"]) expect(isWords(other), other).toBe(false);
});

/** What a node says to a reader: text between tags, and strings under a name that is shown, also those of a condition. */
function writtenIn(node: SyntaxNode): string[] {
  if (node.type === "JSXText") return [String(node["value"])];
  const name = nodeAt(node, node.type === "JSXAttribute" ? "name" : "key");
  if (node.type !== "JSXAttribute" && node.type !== "Property") return [];
  return shown.has(String(name?.["name"] ?? name?.["value"])) ? stringsOf(nodeAt(node, "value")) : [];
}

function stringsOf(node: SyntaxNode | undefined): string[] {
  switch (node?.type) {
    case "Literal": return typeof node["value"] === "string" ? [node["value"]] : [];
    case "TemplateLiteral": return (node["quasis"] as readonly { readonly value: { readonly raw: string } }[]).map(({ value }) => value.raw); // As ESTree has it.
    case "JSXExpressionContainer": return stringsOf(nodeAt(node, "expression"));
    case "ConditionalExpression": return [...stringsOf(nodeAt(node, "consequent")), ...stringsOf(nodeAt(node, "alternate"))];
    case "LogicalExpression": case "BinaryExpression": return [...stringsOf(nodeAt(node, "left")), ...stringsOf(nodeAt(node, "right"))];
    default: return [];
  }
}

function nodeAt(node: SyntaxNode, name: string): SyntaxNode | undefined {
  const inner = node[name];
  return typeof inner === "object" && inner !== null && "type" in inner ? inner as SyntaxNode : undefined; // With a type, it is one.
}

function isWords(text: string): boolean {
  const said = text.trim();
  return /^[\p{P}\p{S}]*\p{L}{2,}[\p{L}’'-]*([\p{P}\s]|$)/u.test(said) && !names.has(said) && !/^&\w+;$|^\w+(\(|:\/\/)|^[dMyHms.: ]+$/.test(said);
}

test("sentences and the console call the vocabulary's roles and properties by the same words", () => {
  for (const [language, { vocabulary }] of [["en", en], ["de", de]] as const) {
    expect(Object.fromEntries(Object.entries(roleWords).map(([role, words]) => [role, words[language]]))).toEqual(Object.fromEntries(Object.entries(vocabulary.role).map(([role, { name }]) => [role, name])));
    expect(Object.fromEntries(Object.entries(propertyWords).map(([property, words]) => [property, words[language]]))).toEqual(vocabulary.property);
  }
});
