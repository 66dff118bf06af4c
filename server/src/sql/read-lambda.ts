// Lambdas, by what they begin with.
import type { Reader } from "./reader.ts";
import type { Token } from "./tokens.ts";
import { comma, joined, name, sql, type Written } from "./written.ts";

/** `(a, b) ->`: how many tokens that is, and the names. */
export function lambdaNames(reader: Reader): readonly Token[] | undefined {
  const names: Token[] = [];
  let ahead = 1;
  for (;;) {
    if (!reader.isName(ahead)) return undefined;
    names.push(reader.peek(ahead));
    if (reader.isMark(",", ahead + 1)) ahead += 2;
    else return reader.isMark(")", ahead + 1) && reader.isMark("->", ahead + 2) ? names : undefined;
  }
}

export function isLambdaNext(reader: Reader): boolean {
  return (reader.isName() && reader.isMark("->", 1)) || (reader.isMark("(") && lambdaNames(reader) !== undefined);
}

export function readLambda(reader: Reader, names: readonly Token[]): Written {
  while (!reader.takeMark("->")) reader.next();
  for (const { text: one } of names) reader.mentioned.add(one);
  return sql`((${joined(names.map((one) => name(one.text, one.at)), comma)}) -> ${reader.grammar.expression(reader)})`;
}

