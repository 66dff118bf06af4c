// Our own TypeScript files, parsed: what the tests of this folder look at. The parser is the one that Vitest brings with
// it. Parsed once per test file; nothing is run or resolved beyond paths.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "vitest/node";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file of ours that it names, from the root; undefined for packages and Node's own modules. */
  readonly file: string | undefined;
  /** True when nothing of it is there at runtime. */
  readonly isType: boolean;
}

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  /** Every node of the syntax tree, outer before inner. */
  readonly nodes: readonly SyntaxNode[];
  lineOf(node: SyntaxNode): number;
}

/** A node as the parser gives it: ESTree with TypeScript's nodes. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const folders = ["schema/src", "server/src", "console/src", "tests", "bench"];

/** All of our files, in the order of their paths. */
export function sourceFiles(): readonly SourceFile[] {
  return [...filesBelow(folders, ".ts"), ...filesBelow(folders, ".tsx")].sort().map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const nodes = [...walk(parseAst(text, { lang: path.endsWith(".tsx") ? "tsx" : "ts" }, path))];
    const lineOf = (node: SyntaxNode): number => text.slice(0, node.start).split("\n").length;
    return { path, text, nodes, imports: importsOf(path, nodes), lineOf };
  });
}

/** Paths from the root of all files below the folders that end so; fixtures and installed packages are left out. */
export function filesBelow(below: readonly string[], ending: string): string[] {
  const found: string[] = [];
  for (const folder of below) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
      const path = relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
      if (entry.isFile() && path.endsWith(ending) && !/(^|\/)(node_modules|fixtures)\//.test(path)) found.push(path);
    }
  }
  return found.sort();
}

/** What only tests use, and whose name does not say so. */
const testAids = ["server/src/identity/oracle.ts", "server/src/identity/random-history.ts"];

/** Tests and what only tests use. */
export function isTestFile(path: string): boolean {
  if (testAids.includes(path) || path.startsWith("tests/") || path.startsWith("bench/")) return true;
  return /(\.test|\/testing(-[a-z-]+)?|-suite)\.ts$/.test(path);
}

function importsOf(path: string, nodes: readonly SyntaxNode[]): Import[] {
  const imports: Import[] = [];
  for (const node of nodes) {
    const specifier = isNode(node["source"]) ? node["source"]["value"] : undefined;
    if (typeof specifier !== "string") continue;
    imports.push({ specifier, file: fileOf(path, specifier), isType: isTypeOnly(node) });
  }
  return imports;
}

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === "TSImportType" || node["importKind"] === "type" || node["exportKind"] === "type") return true;
  const specifiers = node["specifiers"];
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return specifiers.every((one) => one.importKind === "type" || one.exportKind === "type");
}

function fileOf(from: string, specifier: string): string | undefined {
  // What stands behind a question mark says how the bundler takes a file in.
  if (specifier.startsWith(".")) return posix.join(dirname(from), specifier.split("?", 1)[0] ?? "");
  if (specifier.startsWith("@tributary/schema/")) return specifier.replace("@tributary/schema/", "schema/src/");
  return undefined;
}

/** A node, or nodes of a list, and every node within. */
export function* walk(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* walk(item);
  } else if (isNode(value)) {
    yield value;
    for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) yield* walk(inner);
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
