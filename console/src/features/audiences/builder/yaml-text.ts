// YAML with the line of everything in it.
import { LineCounter, isCollection, isPair, isScalar, parseDocument, stringify, type Document } from "yaml";

export interface YamlReading {
  readonly value: unknown;
  /** What keeps it from being read at all. */
  readonly problem: { readonly line: number; readonly message: string } | undefined;
  /** The line where a path of the API begins, or what is nearest around it. */
  readonly lineOf: (path: string) => number;
}

export function toYaml(definition: unknown): string {
  return stringify(definition, { lineWidth: 120 });
}

export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, maxAliasCount: 0 } as object);
  const [error] = document.errors;
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  if (error !== undefined) return { value: undefined, problem: { line: lineAt(error.pos[0]), message: error.message.split("\n")[0] ?? error.code }, lineOf: () => 1 };
  try {
    return { value: document.toJS({ maxAliasCount: 0 }), problem: undefined, lineOf: (path) => lineAt(offsetOf(document, path)) };
  } catch (thrown) {
    return { value: undefined, problem: { line: 1, message: thrown instanceof Error ? thrown.message : String(thrown) }, lineOf: () => 1 };
  }
}

function offsetOf(document: Document, path: string): number {
  const parts = path.replaceAll(".", "/").split("/").filter((part) => part !== "");
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of parts) {
    if (!isCollection(node)) break;
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === part);
    const next: unknown = isPair(pair) ? pair.value : node.get(Number.isNaN(Number(part)) ? part : Number(part), true);
    const at = isPair(pair) && isScalar(pair.key) ? pair.key.range?.[0] : (next as { range?: readonly number[] | null } | undefined)?.range?.[0]; // Every node that was parsed has one.
    if (at === undefined) break;
    offset = at;
    node = next;
  }
  return offset;
}
