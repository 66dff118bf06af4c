// JSON made readable without parsing it, so that every number, key and escape stands exactly as it was sent.
export type JsonPartKind = "key" | "string" | "number" | "word" | "mark";

export interface JsonPart {
  readonly kind: JsonPartKind;
  readonly text: string;
}

const token = /"(?:[^"\\]|\\[^])*"|[{}[\],:]|[^\s{}[\],:"]+/gy;
const space = /\s*/y;

/** The parts of a JSON text with line breaks and indents between them; one part with all of it when it is no JSON. */
export function jsonParts(text: string): JsonPart[] {
  if (!isJson(text)) return [{ kind: "word", text }];
  const parts: JsonPart[] = [];
  let depth = 0;
  const tokens = tokensOf(text);
  tokens.forEach((one, index) => {
    const next = tokens[index + 1] ?? "";
    if (one === "{" || one === "[") {
      const isEmpty = next === "}" || next === "]";
      if (!isEmpty) depth++;
      parts.push({ kind: "mark", text: isEmpty ? one : `${one}\n${"  ".repeat(depth)}` });
    } else if (one === "}" || one === "]") {
      const before = tokens[index - 1];
      if (before === "{" || before === "[") parts.push({ kind: "mark", text: one });
      else parts.push({ kind: "mark", text: `\n${"  ".repeat(--depth)}${one}` });
    } else if (one === ",") parts.push({ kind: "mark", text: `,\n${"  ".repeat(depth)}` });
    else if (one === ":") parts.push({ kind: "mark", text: ": " });
    else parts.push({ kind: kindOf(one, next), text: one });
  });
  return parts;
}

/** The same as one text. */
export function prettyJson(text: string): string {
  return jsonParts(text).map((part) => part.text).join("");
}

function kindOf(one: string, next: string): JsonPartKind {
  if (one.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(one) ? "number" : "word";
}

function tokensOf(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length;) {
    space.lastIndex = at;
    at += space.exec(text)?.[0].length ?? 0;
    token.lastIndex = at;
    const one = token.exec(text)?.[0];
    if (one === undefined) break;
    found.push(one);
    at += one.length;
  }
  return found;
}

/** Whether it is JSON as a whole. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
