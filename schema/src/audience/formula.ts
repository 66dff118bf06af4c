// Formulas over traits, as people write them: `round(computed(total_spent) / computed(orders), 2)`. Numbers are floating point; a part
// that is not set makes the whole not set, unless coalesce says otherwise; so does a division by nought.
import type { InEach } from "./problem.ts";
import { numberOf, numberSql, rawsAt, rawsSql, type Bind, type Raw } from "./value.ts";

export type Formula =
  | { readonly number: number }
  | { readonly trait: string }
  | { readonly computed: string }
  | { readonly call: FormulaFunction; readonly of: readonly Formula[] };

const functions = { add: 2, subtract: 2, multiply: 2, divide: 2, negate: 1, abs: 1, round: 2, min: 2, max: 2, coalesce: 2 } as const;
type FormulaFunction = keyof typeof functions;
/** Those that are written by name. */
const named: readonly FormulaFunction[] = ["abs", "round", "min", "max", "coalesce"];

export const FORMULA_CHARACTERS_MAX = 1_000;
const DEPTH_MAX = 40;

export class FormulaError extends Error {
  /** Where in the text, from 0 on. */
  readonly at: number;
  readonly german: string;

  constructor({ en, de }: InEach, at: number) {
    super(en);
    this.german = de;
    this.at = at;
  }
}

/** Throws a FormulaError that says where and what. */
export function parseFormula(text: string): Formula {
  if (text.length > FORMULA_CHARACTERS_MAX) throw new FormulaError({ en: `A formula has at most ${FORMULA_CHARACTERS_MAX} characters.`, de: `Eine Formel hat höchstens ${FORMULA_CHARACTERS_MAX} Zeichen.` }, FORMULA_CHARACTERS_MAX);
  const reader = new Reader(text);
  const formula = reader.sum(0);
  reader.end();
  return formula;
}

const TOKEN = /(?:(\d+(?:\.\d+)?)|([\p{L}_][\p{L}\p{N}_.]*)|"([^"]*)"|([-+*/(),]))/uy;

interface Token {
  readonly kind: "number" | "word" | "quoted" | "sign" | "end";
  readonly text: string;
  readonly at: number;
}

class Reader {
  readonly #tokens: Token[] = [];
  #next = 0;

  constructor(text: string) {
    let at = 0;
    while (text.slice(at).trim() !== "") {
      at += text.slice(at).length - text.slice(at).trimStart().length;
      TOKEN.lastIndex = at;
      const found = TOKEN.exec(text);
      if (found === null) throw new FormulaError({
        en: `Character ${at + 1} can't be read. Use numbers, trait("name"), computed(name), + - * / and ( ).`,
        de: `Zeichen ${at + 1} ist nicht lesbar. Möglich sind Zahlen, trait("name"), computed(name), + - * / und ( ).`,
      }, at);
      const [whole, number, word, quoted, sign] = found;
      this.#tokens.push({ kind: number !== undefined ? "number" : word !== undefined ? "word" : quoted !== undefined ? "quoted" : "sign", text: number ?? word ?? quoted ?? sign ?? "", at });
      at += whole.length;
    }
    this.#tokens.push({ kind: "end", text: "the end", at });
  }

  sum(depth: number): Formula {
    let left = this.#product(depth);
    for (let sign = this.#sign("+", "-"); sign !== undefined; sign = this.#sign("+", "-")) left = { call: sign === "+" ? "add" : "subtract", of: [left, this.#product(depth)] };
    return left;
  }

  end(): void {
    const token = this.#token();
    if (token.kind !== "end") throw this.#error(token, { en: "an operator or the end", de: "ein Rechenzeichen oder das Ende" });
  }

  #product(depth: number): Formula {
    let left = this.#part(depth);
    for (let sign = this.#sign("*", "/"); sign !== undefined; sign = this.#sign("*", "/")) left = { call: sign === "*" ? "multiply" : "divide", of: [left, this.#part(depth)] };
    return left;
  }

  #part(depth: number): Formula {
    if (depth > DEPTH_MAX) throw new FormulaError({ en: `At most ${DEPTH_MAX} brackets inside each other.`, de: `Höchstens ${DEPTH_MAX} Klammern ineinander.` }, this.#token().at);
    if (this.#sign("-") !== undefined) return { call: "negate", of: [this.#part(depth + 1)] };
    if (this.#sign("(") !== undefined) {
      const inner = this.sum(depth + 1);
      this.#expect(")");
      return inner;
    }
    const token = this.#token();
    this.#next++;
    if (token.kind === "number") return { number: Number(token.text) };
    if (token.kind !== "word") throw this.#error(token, { en: 'a number, trait("name"), computed(name) or a bracket', de: 'eine Zahl, trait("name"), computed(name) oder eine Klammer' });
    this.#expect("(");
    if (token.text === "trait" || token.text === "computed") {
      const name = this.#token();
      this.#next++;
      if (name.kind !== "word" && name.kind !== "quoted") throw this.#error(name, { en: `the name of a ${token.text}`, de: `ein Name für ${token.text}` });
      this.#expect(")");
      return token.text === "trait" ? { trait: name.text } : { computed: name.text };
    }
    const call = named.find((one) => one === token.text);
    if (call === undefined) throw new FormulaError({
      en: `There is no function ${token.text} (character ${token.at + 1}). There are ${named.join(", ")}, trait and computed.`,
      de: `Es gibt keine Funktion ${token.text} (Zeichen ${token.at + 1}). Es gibt ${named.join(", ")}, trait und computed.`,
    }, token.at);
    const of = [this.sum(depth + 1)];
    while (this.#sign(",") !== undefined) of.push(this.sum(depth + 1));
    this.#expect(")");
    if (of.length !== functions[call]) throw new FormulaError({
      en: `${call} takes ${functions[call]} parts, not ${of.length} (character ${token.at + 1}).`, de: `${call} hat ${functions[call]} Teile, nicht ${of.length} (Zeichen ${token.at + 1}).`,
    }, token.at);
    return { call, of };
  }

  #token(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #sign(...signs: readonly string[]): string | undefined {
    const token = this.#token();
    if (token.kind !== "sign" || !signs.includes(token.text)) return undefined;
    this.#next++;
    return token.text;
  }

  #expect(sign: string): void {
    if (this.#sign(sign) === undefined) throw this.#error(this.#token(), { en: `“${sign}”`, de: `„${sign}“` });
  }

  #error(token: Token, wanted: InEach): FormulaError {
    return new FormulaError({
      en: `Character ${token.at + 1}: expected ${wanted.en}, found ${token.text}.`, de: `Zeichen ${token.at + 1}: erwartet ${wanted.de}, gefunden ${token.kind === "end" ? "das Ende" : token.text}.`,
    }, token.at);
  }
}

/** Computed traits that a formula names. */
export function computedIn(one: Formula): string[] {
  return "computed" in one ? [one.computed] : "call" in one ? one.of.flatMap(computedIn) : [];
}

/** Traits of people that it names. */
export function traitsIn(one: Formula): string[] {
  return "trait" in one ? [one.trait] : "call" in one ? one.of.flatMap(traitsIn) : [];
}

export function readsTraits(one: Formula): boolean {
  return traitsIn(one).length > 0;
}

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Undefined: not set. */
export function valueOfFormula(one: Formula, traits: Readonly<Record<string, unknown>>, computed: (slug: string) => readonly Raw[]): number | undefined {
  if ("number" in one) return one.number;
  if ("trait" in one) return numberIn(rawsAt(traits, one.trait));
  if ("computed" in one) return numberIn(computed(one.computed));
  const [a, b] = one.of.map((part) => valueOfFormula(part, traits, computed));
  if (one.call === "coalesce") return a ?? b;
  if (a === undefined || (functions[one.call] === 2 && b === undefined)) return undefined;
  const result = calculate(one.call, a, b ?? 0);
  return Number.isFinite(result) ? result : undefined;
}

function numberIn(raws: readonly Raw[]): number | undefined {
  const number = raws.map(numberOf).find((found) => found !== undefined);
  return number === undefined ? undefined : Number(number) / 1e9;
}

function calculate(call: FormulaFunction, a: number, b: number): number {
  switch (call) {
    case "add":
      return a + b;
    case "subtract":
      return a - b;
    case "multiply":
      return a * b;
    case "divide":
      return a / b;
    case "negate":
      return -a;
    case "abs":
      return Math.abs(a);
    case "round":
      return roundTo(a, b);
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
    case "coalesce":
      return a;
  }
}

/** Halves away from nought, as people round; up to nine digits. */
function roundTo(value: number, digits: number): number {
  const scale = 10 ** Math.min(9, Math.max(0, Math.trunc(digits)));
  return (Math.sign(value) * Math.floor(Math.abs(value) * scale + 0.5)) / scale;
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A Nullable(Float64) over one person. */
export function formulaSql(one: Formula, bind: Bind, traits: () => string, computed: (slug: string) => string): string {
  if ("number" in one) return `CAST(${bind("Float64", one.number)}, 'Nullable(Float64)')`;
  if ("trait" in one) return numberInSql(rawsSql(bind, traits(), one.trait));
  if ("computed" in one) return numberInSql(computed(one.computed));
  const [a = "null", b = "null"] = one.of.map((part) => formulaSql(part, bind, traits, computed));
  const finite = (expression: string): string => `if(isFinite(ifNull(${expression}, nan)), ${expression}, null)`;
  switch (one.call) {
    case "add":
      return finite(`(${a} + ${b})`);
    case "subtract":
      return finite(`(${a} - ${b})`);
    case "multiply":
      return finite(`(${a} * ${b})`);
    case "divide":
      return finite(`(${a} / ${b})`);
    case "negate":
      return `(-${a})`;
    case "abs":
      return `abs(${a})`;
    case "round": {
      const scale = `exp10(least(9, greatest(0, trunc(${b}))))`;
      return finite(`(sign(${a}) * floor(abs(${a}) * ${scale} + 0.5) / ${scale})`);
    }
    case "min":
      return `if(isNull(${a}) or isNull(${b}), null, least(${a}, ${b}))`;
    case "max":
      return `if(isNull(${a}) or isNull(${b}), null, greatest(${a}, ${b}))`;
    case "coalesce":
      return `coalesce(${a}, ${b})`;
  }
}

function numberInSql(raws: string): string {
  return `toFloat64(arrayFirst(number -> isNotNull(number), arrayMap(raw -> ${numberSql("raw")}, ${raws})))`;
}
