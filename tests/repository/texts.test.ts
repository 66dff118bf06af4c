// What people read in the console stands in console/src/texts: not in the components.
import { expect, test } from "vitest";
import { propertyWords, roleWords } from "@tributary/schema/audience/vocabulary-words.ts";
import { de } from "../../console/src/texts/de/de.ts";
import { en } from "../../console/src/texts/en/en.ts";
import { adviceFor, advisedCodes, advisedStates } from "../../server/src/delivery/advice.ts";
import { isTestFile, sourceFiles, walk, type SourceFile, type SyntaxNode } from "./source-files.ts";

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

test("sentences and the console call the vocabulary's roles and properties by the same words", async () => {
  for (const [language, { parts }] of [["en", en], ["de", de]] as const) {
    const { vocabulary } = await parts.vocabulary();
    expect(Object.fromEntries(Object.entries(roleWords).map(([role, words]) => [role, words[language]]))).toEqual(Object.fromEntries(Object.entries(vocabulary.role).map(([role, { name }]) => [role, name])));
    expect(Object.fromEntries(Object.entries(propertyWords).map(([property, words]) => [property, words[language]]))).toEqual(vocabulary.property);
  }
});

test("what to do about a failed delivery is said in every language, and nothing that the server does not say", async () => {
  const { deliveries } = await de.parts.deliveries();
  const known = [...advisedCodes.map((code) => ["refused", code] as const), ...advisedStates.map((state) => [state, ""] as const)];
  for (const [state, code] of known) expect(deliveries.advice(adviceFor(state, code), state, code), `${state} ${code}`).not.toBe(adviceFor(state, code));
  expect(deliveries.advice("", "flowing", "other")).toBe("");
});

test("every page is loaded with the texts that it and its parts show, no fewer and no more; the first script shows its own alone", () => {
  const loads = [{ page: "console/src/main.tsx", names: [] }, ...components.flatMap((file) => [...loadsOf(file)])];
  expect(loads.length).toBeGreaterThan(40);
  const shown = loads.map(({ page }) => ({ page, names: partsShownFrom(page) }));
  expect(loads.map(({ page, names }) => ({ page, names: names.toSorted() }))).toEqual(shown);
});

interface Load {
  readonly page: string;
  readonly names: readonly string[];
}

/** What a file loads by `withTexts([names], () => import(page))`. */
function* loadsOf(file: SourceFile): Generator<Load> {
  for (const call of file.nodes) {
    if (call.type !== "CallExpression" || nodeAt(call, "callee")?.["name"] !== "withTexts") continue;
    const [named, load] = call["arguments"] as readonly SyntaxNode[]; // As ESTree has it.
    for (const node of walk(load)) {
      const page = node.type === "ImportExpression" ? file.imports.find(({ specifier }) => specifier === nodeAt(node, "source")?.["value"])?.file : undefined;
      if (page !== undefined) yield { page, names: [...walk(named?.["elements"])].map(({ value }) => String(value)) };
    }
  }
}

/** The parts that a file shows, and all that comes with it; what it loads with texts of its own does not. */
function partsShownFrom(page: string): string[] {
  const seen = new Set<string>();
  const parts = new Set<string>();
  const visit = (path: string): void => {
    const file = components.find((one) => one.path === path);
    if (file === undefined || seen.has(path)) return;
    seen.add(path);
    for (const node of file.nodes) {
      const name = node.type === "MemberExpression" && nodeAt(node, "object")?.["name"] === "texts" ? String(nodeAt(node, "property")?.["name"]) : "";
      if (Object.hasOwn(en.parts, name)) parts.add(name);
    }
    const apart = new Set([...loadsOf(file)].map((load) => load.page));
    for (const { file: next, isType } of file.imports) if (next !== undefined && !isType && !apart.has(next)) visit(next);
  };
  visit(page);
  return [...parts].toSorted();
}
