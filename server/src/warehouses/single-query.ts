// Whether a statement of BigQuery is one: that service runs whole scripts, so a semicolon outside of texts, names and comments is refused.

/** Without semicolons at its end; undefined: there is more than one statement, or a text without an end. */
export function singleQuery(sql: string): string | undefined {
  const text = sql.replace(/(\s*;)+\s*$/, "");
  const token = /#[^\n]*|--[^\n]*|\/\*[\s\S]*?\*\/|([rRbB]{0,2})("""|'''|"|'|`)|[;]|\/\*/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === ";" || match[0] === "/*") return undefined;
    const quote = match[2];
    if (quote === undefined) continue;
    const end = endOf(text, token.lastIndex, quote);
    if (end === undefined) return undefined;
    token.lastIndex = end;
  }
  return text;
}

/** In raw texts, too, a backslash keeps the quote behind it from ending them. */
function endOf(text: string, from: number, quote: string): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text.startsWith(quote, at)) return at + quote.length;
    else if (text[at] === "\n" && quote.length === 1) return undefined;
  }
  return undefined;
}
