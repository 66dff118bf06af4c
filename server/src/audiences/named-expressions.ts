// Expressions that have names, written as queries around each other. Within one query ClickHouse takes each use of a name for the
// whole expression again, and a few steps of that are more than it takes; a column of an inner query is computed once. They
// carry only what those around them need.

/** What people called their properties stands in quotes, and may look like a name or a column. */
const QUOTED = "`(?:[^`\\\\]|\\\\.)*`|'(?:[^'\\\\]|\\\\.)*'";
const words = new RegExp(`${QUOTED}|\\b[A-Za-z_]\\w*\\b`, "gs");

/** A name is one letter and a number. */
export class NamedExpressions {
  readonly #letter: string;
  readonly #pattern: RegExp;
  readonly #names = new Map<string, string>();
  readonly #expressions = new Map<string, string>();
  readonly #lists = new Set<string>();

  constructor(letter: "v" | "w") {
    this.#letter = letter;
    this.#pattern = new RegExp(`${QUOTED}|\\b${letter}\\d+\\b`, "gs");
  }

  /** Equal expressions have one name. An expression may use the names that were given before it. */
  name(expression: string): string {
    if (/^\w+$/.test(expression)) return expression;
    let name = this.#names.get(expression);
    if (name === undefined) {
      this.#names.set(expression, (name = `${this.#letter}${this.#names.size}`));
      this.#expressions.set(name, expression);
    }
    return name;
  }

  /**
   * The same of an expression that is used nowhere but as what a function is given: where only one uses it, it stands there itself, for
   * each column of each query costs.
   */
  list(expression: string): string {
    const name = this.name(expression);
    this.#lists.add(name);
    return name;
  }

  /** Undefined: nothing has this name. */
  expressionOf(name: string): string | undefined {
    return this.#expressions.get(name);
  }

  /** An expression with those that it names put in, and other values in the place of its parameters. */
  formOf(expression: string): string {
    return expression.replace(/\{\w+:([^}]+)\}/g, "{$1}").replace(this.#pattern, (name) => {
      const inner = this.#expressions.get(name);
      return inner === undefined ? name : `(${this.formOf(inner)})`;
    });
  }

  /**
   * A query that selects `wanted`, expressions over names and columns. `columns`: those of `from`, each with the SQL that it is
   * there; `from` may be several lines.
   */
  query(wanted: readonly string[], columns: ReadonlyMap<string, string>, from: string): string {
    const [needed, last] = this.#withLists(this.#needed(wanted), wanted);
    return written(this.#layersOf(needed), last, columns, from);
  }

  /** From the innermost out, each expression as far out as those that use it let it be: what is made early is handed on by all between. */
  #layersOf(needed: readonly (readonly [name: string, expression: string])[]): (readonly [name: string, expression: string])[][] {
    /** How far in, counted from the outermost. */
    const depths = new Map<string, number>();
    for (const [name, expression] of needed.toReversed()) {
      const depth = depths.get(name) ?? 0;
      depths.set(name, depth);
      for (const one of this.#namesIn(expression)) depths.set(one, Math.max(depths.get(one) ?? 0, depth + 1));
    }
    const byDepth = Map.groupBy(needed, ([name]) => depths.get(name) ?? 0);
    return [...byDepth.keys()].toSorted((a, b) => b - a).map((depth) => byDepth.get(depth) ?? []);
  }

  /** Lists that one place alone uses are put in there. */
  #withLists(needed: readonly (readonly [name: string, expression: string])[], wanted: readonly string[]): [(readonly [string, string])[], string[]] {
    const uses = new Map<string, number>();
    for (const text of [...needed.map(([, expression]) => expression), ...wanted]) for (const name of this.#namesIn(text)) uses.set(name, (uses.get(name) ?? 0) + 1);
    const inside = new Map<string, string>();
    const put = (text: string): string => text.replace(this.#pattern, (name) => inside.get(name) ?? name);
    const kept: (readonly [string, string])[] = [];
    for (const [name, expression] of needed) {
      if (this.#lists.has(name) && uses.get(name) === 1) inside.set(name, put(expression));
      else kept.push([name, put(expression)]);
    }
    return [kept, wanted.map(put)];
  }

  #namesIn(expression: string): string[] {
    return expression.match(this.#pattern)?.filter((word) => this.#expressions.has(word)) ?? [];
  }

  /** Those that are needed, in their order. */
  #needed(wanted: readonly string[]): (readonly [name: string, expression: string])[] {
    const needed = new Set(wanted.flatMap((one) => this.#namesIn(one)));
    const found: (readonly [string, string])[] = [];
    for (const [expression, name] of [...this.#names].toReversed()) {
      if (!needed.has(name)) continue;
      found.push([name, expression]);
      for (const one of this.#namesIn(expression)) needed.add(one);
    }
    return found.toReversed();
  }
}

function written(layers: readonly (readonly (readonly [name: string, expression: string])[])[], last: readonly string[], columns: ReadonlyMap<string, string>, from: string): string {
  const known = new Set([...columns.keys(), ...layers.flat().map(([name]) => name)]);
  const wordsIn = (texts: readonly string[]): string[] => texts.flatMap((text) => text.match(words) ?? []).filter((word) => known.has(word));
  // From the outermost in: what each layer has to hand on.
  let needed = new Set(wordsIn(last));
  const lists: string[][] = [];
  for (const layer of layers.toReversed()) {
    const own = new Set(layer.map(([name]) => name));
    const handed = [...needed].filter((name) => !own.has(name));
    lists.unshift([...handed, ...layer.filter(([name]) => needed.has(name)).map(([name, expression]) => `(${expression}) as ${name}`)]);
    needed = new Set([...handed, ...wordsIn(layer.map(([, expression]) => expression))]);
  }
  const innermost = `select ${[...needed].map((name) => (columns.get(name) === name ? name : `${columns.get(name) ?? name} as ${name}`)).join(", ") || "1"} from ${from}`;
  return [...lists, last].reduce((inner, list) => `select ${list.join(",\n  ")}\nfrom (${inner})`, innermost);
}
