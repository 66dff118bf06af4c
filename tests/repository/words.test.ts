// One word for each thing (the list is in CONTRIBUTING.md): a second word for the same thing is found here, in the names
// of files and in what our code declares. Names that others gave (Segment's wire, a library) are listed with their owner.
import { expect, test } from "vitest";
import { isTestFile, sourceFiles, type SourceFile, type SyntaxNode } from "./source-files.ts";

/** Word that is not used → the one that is. */
const banned: Readonly<Record<string, string>> = {
  segment: "audience", segments: "audience", cohort: "audience", cohorts: "audience",
  integration: "destination", integrations: "destination", sink: "destination", sinks: "destination", connector: "source or destination",
  tenant: "workspace", tenants: "workspace",
  dlq: "dead letter", util: "a name for what it does", helper: "a name for what it does",
};

interface Allowance {
  readonly below: string;
  readonly words: readonly string[];
  readonly because: string;
}

/** Where a banned word is right: the beginning of a path, the words, and whose they are. */
const allowed: readonly Allowance[] = [
  { below: "server/src/log/", words: ["segment", "segments"], because: "a piece of the log: a word of logs, not of marketing" },
  { below: "server/src/ingest/", words: ["integrations", "segment"], because: "fields of Segment's protocol, and Segment itself" },
  { below: "server/src/pipeline/normalise/", words: ["segment"], because: "Segment, whose form of consent it is" },
  { below: "server/src/pipeline/normalise/as-sent.ts", words: ["integrations"], because: "a field of Segment's protocol" },
  { below: "schema/src/destination/outgoing-event.ts", words: ["integrations"], because: "a field of Segment's protocol" },
  { below: "server/src/sources/import/", words: ["segment"], because: "Segment, whose form a line has" },
  { below: "tests/sdk/", words: ["segment"], because: "Segment's SDKs" },
];

function wordsOf(name: string): string[] {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z]+/);
}

function bannedIn(name: string, path: string): string[] {
  const free = allowed.filter((rule) => path.startsWith(rule.below)).flatMap((rule) => rule.words);
  return wordsOf(name).filter((word) => Object.hasOwn(banned, word) && !free.includes(word));
}

/** The names that a file gives: variables, functions, parameters, types and their members. Strings are others' names. */
function declaredNames(file: SourceFile): { name: string; node: SyntaxNode }[] {
  const names: { name: string; node: SyntaxNode }[] = [];
  const add = (target: unknown, node: SyntaxNode): void => {
    if (typeof target !== "object" || target === null || !("type" in target)) return;
    if (target.type === "Identifier" && "name" in target && typeof target.name === "string") names.push({ name: target.name, node });
  };
  for (const node of file.nodes) {
    switch (node.type) {
      case "VariableDeclarator": case "FunctionDeclaration": case "ClassDeclaration":
      case "TSTypeAliasDeclaration": case "TSInterfaceDeclaration":
        add(node["id"], node);
        break;
      case "TSPropertySignature": case "PropertyDefinition": case "MethodDefinition": case "TSMethodSignature":
        add(node["key"], node);
        break;
    }
    if (Array.isArray(node["params"])) for (const param of node["params"]) add(param, node);
  }
  return names;
}

const files = sourceFiles();

test("no file is named by a second word for a thing", () => {
  expect(files.flatMap(({ path }) => bannedIn(path, path).map((word) => `${path}: ${word} → ${banned[word]}`))).toEqual([]);
});

test("nothing is declared by a second word for a thing", () => {
  const code = files.filter((file) => !isTestFile(file.path));
  const found = code.flatMap((file) => declaredNames(file).flatMap(({ name, node }) =>
    bannedIn(name, file.path).map((word) => `${file.path}:${file.lineOf(node)} ${name}: ${word} → ${banned[word]}`)));
  expect(found).toEqual([]);
});

test("words are found within names, and only as whole words", () => {
  expect(bannedIn("userSegments", "a.ts")).toEqual(["segments"]);
  expect(bannedIn("build-cohort.ts", "a.ts")).toEqual(["cohort"]);
  expect(bannedIn("segmented", "a.ts")).toEqual([]);
});
