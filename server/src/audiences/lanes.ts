// Many audiences are of few forms: they differ in a number, a word, or in which events they count. Where several are of one form, each of
// its steps is worked out once, over lists with a lane for each of them. ClickHouse takes about the same time to plan a step whether it
// is over a number or over a list of numbers, and planning is most of what a question about few people costs.
//
//   v1 = -e0 + 60000    v2 = -e3 + 86400000        →  arrayMap((lane0, lane1) -> -lane0 + lane1, [e0, e3], [60000, 86400000])
import type { Branch } from "@tributary/schema/audience/condition-kind.ts";
import type { NamedExpressions } from "./named-expressions.ts";

export interface LaneColumns {
  readonly names: NamedExpressions;
  /** Columns that are there before anything has a name. The kind of an aggregate: two of the same kind are of the same type. */
  readonly kindOf: (column: string) => string | undefined;
  readonly isColumn: (word: string) => boolean;
  /** A list of what these parameters, all of one type, stand for. */
  readonly bindList: (parameters: readonly string[]) => string;
}

/** Truths and instants of these branches, by number, as lists. */
export interface Lanes {
  readonly of: readonly number[];
  /** Array(UInt8). */
  readonly members: string;
  /** Array(Int64). */
  readonly nexts: string;
}

/** Fewer of one form gain nothing. */
const LANES_MIN = 3;

export function lanesOf(branches: readonly Branch[], columns: LaneColumns): Lanes[] {
  const read = createReader(columns);
  const drafts = branches.map(({ member, next }) => formOf([member, next], columns, read));
  const byForm = Map.groupBy(drafts.map((draft, i) => ({ i, draft })), ({ draft }) => draft.key);
  const lanes: Lanes[] = [];
  const single: number[] = [];
  for (const all of byForm.values()) {
    const of = all.map(({ i }) => i);
    const [first, ...others] = all.map(({ draft }) => draft);
    if (first === undefined || all.length < LANES_MIN) {
      single.push(...of);
      continue;
    }
    const [members = "", nexts = ""] = writtenInLanes([first, ...others], columns);
    lanes.push({ of, members, nexts });
  }
  if (single.length === 0) return lanes;
  const listed = (what: (branch: Branch) => string): string => `[${single.flatMap((i) => branches[i] ?? []).map(what).join(", ")}]`;
  return [...lanes, { of: single, members: listed(({ member }) => member), nexts: listed(({ next }) => `toInt64(${next})`) }];
}

// ── What form something is of ─────────────────────────────────────────────────────────────────────────────────────

/** A piece of an expression: text, what may differ from lane to lane, or another step, by its name. */
type Part = { readonly text: string } | { readonly hole: string; readonly kind: string } | { readonly name: string };
/** The same, the steps by their place. */
type Piece = Exclude<Part, { readonly name: string }> | { readonly step: number };

interface Form {
  /** Equal for what is made of the same steps. */
  readonly key: string;
  /** Each behind those that it needs. */
  readonly steps: readonly { readonly name: string; readonly pieces: readonly Piece[] }[];
  readonly roots: readonly (readonly Piece[])[];
}

/** Texts, parameters, words, places in tuples, numbers; and everything else, sign by sign. */
const TOKENS = /'(?:[^'\\]|\\.|'')*'|\{\w+:[^}]+\}|[A-Za-z_]\w*|\.\w+|\d+(?:\.\d+)?|[^A-Za-z_0-9'{.]+|[^]/g;
/** Parameters that may be others in each lane. */
const SCALAR = /^\{\w+:(String|Int64)\}$/;

/** Takes expressions apart, each once. */
function createReader({ names, kindOf, isColumn }: LaneColumns): (expression: string) => readonly Part[] {
  const read = new Map<string, readonly Part[]>();
  const stepOf = new Map<string, boolean>();

  /** Whether it is made of aggregates and other steps alone: nothing of the person is handed into lanes. */
  function isStep(name: string): boolean {
    let is = stepOf.get(name);
    if (is === undefined) stepOf.set(name, (is = (names.expressionOf(name)?.match(TOKENS) ?? []).every((token) => !isColumn(token))));
    return is;
  }

  function partOf(token: string, before: string): Part {
    if (/^\d/.test(token)) return { hole: token, kind: "number" };
    if (token.startsWith("{")) {
      const type = SCALAR.exec(token)?.[1];
      // A set is the same for everybody.
      return type === undefined || /\bin[ (]*$/.test(before) ? { text: token } : { hole: token, kind: type };
    }
    const kind = kindOf(token);
    if (kind !== undefined) return { hole: token, kind };
    if (names.expressionOf(token) === undefined) return { text: token };
    return isStep(token) ? { name: token } : { hole: token, kind: names.formOf(token) };
  }

  return (expression) => {
    let parts = read.get(expression);
    if (parts === undefined) {
      const tokens = expression.match(TOKENS) ?? [];
      read.set(expression, (parts = tokens.map((token, i) => partOf(token, tokens.slice(Math.max(0, i - 2), i).join("")))));
    }
    return parts;
  };
}

function formOf(roots: readonly string[], { names }: LaneColumns, read: ReturnType<typeof createReader>): Form {
  const steps: { readonly name: string; readonly pieces: readonly Piece[] }[] = [];
  const places = new Map<string, number>();
  const keys: string[] = [];
  const piecesOf = (expression: string): Piece[] => {
    const pieces = read(expression).map((part): Piece => ("name" in part ? { step: placeOf(part.name) } : part));
    keys.push(pieces.map((piece) => ("text" in piece ? piece.text : "step" in piece ? `#${piece.step}` : `<${piece.kind}>`)).join(""));
    return pieces;
  };
  const placeOf = (name: string): number => {
    const known = places.get(name);
    if (known !== undefined) return known;
    const pieces = piecesOf(names.expressionOf(name) ?? "");
    places.set(name, steps.length);
    return steps.push({ name, pieces }) - 1;
  };
  const found = roots.map(piecesOf);
  return { key: keys.join("\n"), steps, roots: found };
}

// ── Written in lanes ──────────────────────────────────────────────────────────────────────────────────────────────

/** The same in each lane, a list of what it is in each, or written where it is used. */
type Written = { readonly same: string } | { readonly list: string } | { readonly inside: true };

/** Steps that one place uses, where it is worked out once for each lane: not for each element of a list in the lane. */
function stepsInside({ steps, roots }: Form): ReadonlySet<number> {
  const uses = new Map<number, { times: number; isRepeated: boolean }>();
  for (const pieces of [...steps.map((step) => step.pieces), ...roots]) {
    let depth = 0;
    /** How deep the functions are that are worked out for each element. */
    const open: number[] = [];
    for (const piece of pieces) {
      if ("step" in piece) {
        const known = uses.get(piece.step);
        uses.set(piece.step, { times: (known?.times ?? 0) + 1, isRepeated: open.length > 0 || known?.isRepeated === true });
      }
      if (!("text" in piece) || /^['{]/.test(piece.text)) continue;
      for (const [sign] of piece.text.matchAll(/->|[^]/g)) {
        if (sign === "->") open.push(depth);
        else if (/[([]/.test(sign)) depth++;
        else if (/[)\]]/.test(sign)) depth--;
        while ((open.at(-1) ?? -1) > depth || (sign === "," && open.at(-1) === depth)) open.pop();
      }
    }
  }
  return new Set([...uses].filter(([, { times, isRepeated }]) => times === 1 && !isRepeated).map(([step]) => step));
}

/** One list for each root. */
function writtenInLanes(forms: readonly [Form, ...Form[]], columns: LaneColumns): string[] {
  const [first] = forms;
  const steps: Written[] = [];
  const inside = stepsInside(first);
  const written = (pieces: readonly (readonly Piece[])[]): Exclude<Written, { readonly inside: true }> => {
    const lanes = new Map<string, string>();
    const lane = (list: string): string => {
      const name = lanes.get(list) ?? `lane${lanes.size}`;
      lanes.set(list, name);
      return name;
    };
    const textOf = (pieces: readonly (readonly Piece[])[]): string => pieces[0]?.map((piece, at) => {
      if ("text" in piece) return piece.text;
      if ("step" in piece) {
        const step = steps[piece.step] as Written; // Steps stand in the order in which they need each other.
        return "same" in step ? step.same : "inside" in step ? `(${textOf(forms.map((form) => form.steps[piece.step]?.pieces ?? []))})` : lane(step.list);
      }
      const holes = pieces.map((each) => (each[at] as typeof piece).hole); // Of the same form.
      if (holes.every((hole) => hole === piece.hole)) return piece.hole;
      if (piece.hole.startsWith("{")) return lane(columns.bindList(holes));
      const list = `[${holes.join(", ")}]`;
      return lane(piece.kind === "number" ? list : columns.names.list(list));
    }).join("") ?? "";
    const text = textOf(pieces);
    if (lanes.size === 0) return { same: text };
    const [only] = lanes.keys();
    return { list: text === "lane0" && only !== undefined ? only : columns.names.list(`arrayMap((${[...lanes.values()].join(", ")}) -> ${text}, ${[...lanes.keys()].join(", ")})`) };
  };
  for (const [i, { name }] of first.steps.entries()) {
    const step = written(forms.map((form) => form.steps[i]?.pieces ?? []));
    steps.push("same" in step ? { same: name } : inside.has(i) ? { inside: true } : step);
  }
  return first.roots.map((_, i) => {
    const root = written(forms.map((form) => form.roots[i] ?? []));
    return "list" in root ? root.list : columns.names.list(`arrayWithConstant(${forms.length}, ${root.same})`);
  });
}
