// The value of a bound parameter as the protocol carries it: escaped as in TabSeparated.

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", "0": "\0", "\\": "\\", "'": "'", '"': '"', "/": "/" };

export function unescapeParameter(value: string): string {
  return value.replace(/\\(.)/gs, (whole, character: string) => escapes[character] ?? whole);
}
