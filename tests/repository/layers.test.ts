// Holds the code against the table of layers, and against the few rules about files that a parser can check.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { environmentReaders, exceptions, layers, pureFolders, pureMayImport, testDoors, timelessFolders } from "./layers.ts";
import { isTestFile, root, sourceFiles, type SourceFile, type SyntaxNode } from "./source-files.ts";

const files = sourceFiles();
const code = files.filter((file) => !isTestFile(file.path));
/** What a test may enter a folder by: every door that any code has, and a few more. */
const doors = new Set([...Object.values(layers).flat(), ...testDoors]);

/** The most exact key of the table that covers a file. */
function layerOf(path: string): string | undefined {
  return Object.keys(layers)
    .filter((key) => (key.endsWith("/") ? path.startsWith(key) : path === key))
    .sort((a, b) => b.length - a.length)[0];
}

function covers(allowed: Iterable<string>, path: string): boolean {
  for (const entry of allowed) if (entry.endsWith("/") ? path.startsWith(entry) : path === entry) return true;
  return false;
}

function brokenEdges(file: SourceFile): string[] {
  if (file.path.startsWith("bench/")) return []; // Measures inner parts on their own, too.
  const own = layerOf(file.path);
  const allowed = isTestFile(file.path) ? doors : (own === undefined ? [] : layers[own]) ?? [];
  return file.imports.flatMap(({ file: to }) => {
    if (to === undefined || to.endsWith(".json")) return [];
    const isOwn = own === undefined ? to.startsWith("tests/") || to.startsWith("bench/") : layerOf(to) === own;
    const isAllowed = isTestFile(to) ? isTestFile(file.path) && (isOwn || to.endsWith("/testing.ts")) : isOwn || covers(allowed, to);
    return isAllowed ? [] : [`${file.path} → ${to}`];
  });
}

function findings(where: readonly SourceFile[], isFound: (node: SyntaxNode, file: SourceFile) => boolean): string[] {
  return where.flatMap((file) => file.nodes.filter((node) => isFound(node, file)).map((node) => `${file.path}:${file.lineOf(node)}`));
}

const named = (node: unknown): string | undefined =>
  (typeof node === "object" && node !== null && "name" in node && typeof node.name === "string" ? node.name : undefined);

const isMember = (node: SyntaxNode, object: string, property: string): boolean =>
  node.type === "MemberExpression" && named(node["object"]) === object && named(node["property"]) === property;

test("every import is one that the table of layers allows", () => {
  const broken = new Set(files.flatMap(brokenEdges));
  expect([...broken].filter((edge) => !(edge in exceptions))).toEqual([]);
  expect(Object.keys(exceptions).filter((edge) => !broken.has(edge)), "no longer needed: remove from exceptions").toEqual([]);
});

test("the table names only what exists, and every file of the server has its place in it", () => {
  const entries = [...Object.keys(layers), ...doors, ...pureFolders, ...timelessFolders, ...Object.keys(environmentReaders)];
  expect(entries.filter((entry) => !existsSync(join(root, entry)))).toEqual([]);
  expect(code.filter((file) => layerOf(file.path) === undefined).map((file) => file.path)).toEqual([]);
});

test("every imported file exists, and is named with its ending", () => {
  const dead = files.flatMap((file) => file.imports
    .filter((one) => one.file !== undefined && !existsSync(join(root, one.file)))
    .map((one) => `${file.path} → ${one.specifier}`));
  expect(dead).toEqual([]);
});

test("no files import each other in a circle at runtime", () => {
  const runtimeImports = (file: SourceFile): string[] =>
    file.imports.flatMap((one) => (one.isType || one.file === undefined ? [] : [one.file]));
  const graph = new Map(code.map((file) => [file.path, runtimeImports(file)]));
  expect(findCircle(graph)).toEqual([]);
});

/** The files of one circle, in order; empty when there is none. */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next);
      if (circle.length > 0) return circle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const circle = visit(file);
    if (circle.length > 0) return circle;
  }
  return [];
}

test("circles are found where they are", () => {
  expect(findCircle(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]]))).toEqual(["b", "c", "b"]);
  expect(findCircle(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]]))).toEqual([]);
});

test("schemas, identity and profiles do no I/O", () => {
  const pure = code.filter((file) => covers(pureFolders, file.path));
  const impure = pure.flatMap((file) => file.imports
    .filter((one) => one.file === undefined && !one.isType && !pureMayImport.includes(one.specifier))
    .map((one) => `${file.path} → ${one.specifier}`));
  expect(impure).toEqual([]);
});

test("deciding code reads no clock and draws no lots", () => {
  const isNewDate = (node: SyntaxNode): boolean =>
    node.type === "NewExpression" && named(node["callee"]) === "Date" && Array.isArray(node["arguments"]) && node["arguments"].length === 0;
  const isTimed = (node: SyntaxNode): boolean =>
    isMember(node, "Date", "now") || isMember(node, "Math", "random") || isMember(node, "performance", "now") || isNewDate(node);
  expect(findings(code.filter((file) => covers(timelessFolders, file.path)), isTimed)).toEqual([]);
});

test("the environment is read in one place", () => {
  const readers = code.filter((file) => file.nodes.some((node) => isMember(node, "process", "env"))).map((file) => file.path);
  expect(readers.filter((path) => !covers(Object.keys(environmentReaders), path))).toEqual([]);
});

test("nothing is exported as default, and nothing is typed `any`", () => {
  expect(findings(files, (node) => node.type === "ExportDefaultDeclaration")).toEqual([]);
  expect(findings(code, (node) => node.type === "TSAnyKeyword")).toEqual([]);
});

test("files are named for what they hold", () => {
  const words = /(^|\/)(index|utils?|helpers?|common|misc|lib|types|legacy|new|base)(\/|\.|$)|\/v\d+(\/|\.)/;
  const isKebab = (path: string): boolean => /^[a-z0-9-]+(\.[a-z0-9-]+)*\.tsx?$/.test(path.split("/").at(-1) ?? "");
  expect(files.map((file) => file.path).filter((path) => words.test(path) || !isKebab(path))).toEqual([]);
});

test("every file of the program says at its top what it is", () => {
  expect(code.filter((file) => !/^(#!.*\n)?(\/\/ \S|\/\*\*)/.test(file.text)).map((file) => file.path)).toEqual([]);
});

test("what is left to do has an issue", () => {
  const isOpen = /\b(FIXME|XXX)\b|\bTODO\b(?!\(#\d+\))/;
  const isComment = /^\s*(\/\/|\*|\/\*)|\s\/\/ /;
  const open = files.flatMap((file) =>
    file.text.split("\n").flatMap((line, i) => (isComment.test(line) && isOpen.test(line) ? [`${file.path}:${i + 1}`] : [])));
  expect(open).toEqual([]);
});

test("nothing of a debugging session is left behind", () => {
  const isOnly = (node: SyntaxNode): boolean => ["test", "describe", "it"].some((object) => isMember(node, object, "only"));
  expect(findings(files, isOnly)).toEqual([]);
  const server = code.filter((file) => file.path.startsWith("server/"));
  expect(findings(server, (node) => node.type === "DebuggerStatement" || isMember(node, "console", "log"))).toEqual([]);
});
