// Expressions that have names, written as queries around each other. Within one query ClickHouse takes each use of a name for the
// whole expression again, and a few steps of that are more than it takes; a column of an inner query is computed once. They
// carry only what those around them need.

/** A name is one letter and a number. */
export class NamedExpressions {
  readonly #letter: string;
  readonly #names = new Map<string, string>();

  constructor(letter: "v" | "w") {
    this.#letter = letter;
  }

  /** Equal expressions have one name. An expression may use the names that were given before it. */
  name(expression: string): string {
    if (/^\w+$/.test(expression)) return expression;
    let name = this.#names.get(expression);
    if (name === undefined) this.#names.set(expression, (name = `${this.#letter}${this.#names.size}`));
    return name;
  }

  /**
   * A query that selects `wanted`, expressions over names and columns. `columns`: those of `from`, each with the SQL that it is
   * there; `from` may be several lines.
   */
  query(wanted: readonly string[], columns: ReadonlyMap<string, string>, from: string): string {
    const layers: (readonly [name: string, expression: string])[][] = [];
    const layerOf = new Map<string, number>();
    for (const [name, expression] of this.#needed(wanted)) {
      const layer = this.#namesIn(expression).reduce((highest, one) => Math.max(highest, (layerOf.get(one) ?? -1) + 1), 0);
      layerOf.set(name, layer);
      (layers[layer] ??= []).push([name, expression]);
    }
    return written(layers, wanted, columns, from);
  }

  #namesIn(expression: string): string[] {
    return [...expression.matchAll(new RegExp(`\\b${this.#letter}\\d+\\b`, "g"))].map(([name]) => name);
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
  const wordsIn = (texts: readonly string[]): string[] => texts.flatMap((text) => text.match(/\b[A-Za-z_]\w*\b/g) ?? []).filter((word) => known.has(word));
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
