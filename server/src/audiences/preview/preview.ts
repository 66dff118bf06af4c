// What a definition that nobody saved would mean: how many, how many of each part, some of them, by a trait, together with other
// audiences, and by which channel they can be reached. And what a changed definition would change.
import { rawsSql } from "@tributary/schema/audience/value.ts";
import { HOLDS, type Truths } from "./truths.ts";
import type { View, Whole } from "./previews.ts";
import { REST, splitColumn, type Split } from "./split.ts";

export interface PreviewWish {
  readonly sample: number;
  readonly parts: boolean;
  /** By what they are divided. */
  readonly by?: Split | undefined;
  /** Of the view's definitions, all but the first are audiences that the first may share people with. */
  readonly overlap: boolean;
  readonly reach?: { readonly consentWhenAbsent: "granted" | "denied" } | undefined;
}

interface PreviewResult {
  readonly size: number;
  /** People whom it is drawn from. */
  readonly of: number;
  readonly nextMs: number | null;
  readonly parts: readonly { readonly path: string; readonly size: number }[];
  readonly sample: readonly string[];
  readonly breakdown: readonly { readonly value: string | null; readonly size: number }[];
  /** People with a value that `breakdown` does not name. */
  readonly breakdownRest: number;
  /** Bits of the audiences that they are in as well → how many. */
  readonly overlap: ReadonlyMap<number, number>;
  readonly reach: readonly { readonly channel: Channel; readonly address: number; readonly consent: number; readonly reachable: number }[];
}

export async function previewOf(view: View, wish: PreviewWish, read: Read): Promise<PreviewResult> {
  const { people } = view;
  const [breakdown, reach] = await Promise.all([wish.by === undefined ? undefined : splitColumn(view, wish.by, read), wish.reach && reachColumn(view, wish.reach)]);
  const sample: string[] = [];
  const byValue = new Uint32Array(256);
  const byReach = new Uint32Array(64);
  const byOthers = new Uint32Array(2 ** (view.wholes.length - 1));
  const { truths: own, size, of, nextMs, parts } = view.wholes[0] as Whole; // There is always a first definition.
  for (let number = 0; number < own.length && sample.length < wish.sample; number++) if (((own[number] as number) & HOLDS) !== 0) sample.push(people.idOf(number));
  const isCounted = breakdown !== undefined || reach !== undefined || wish.overlap;
  if (isCounted) {
    await view.each(([truths, ...others], from) => {
      const held = truths as Truths;
      for (let i = 0; i < held.length; i++) {
        if (((held[i] as number) & HOLDS) === 0) continue;
        if (breakdown) byValue[breakdown.codes[from + i] as number]!++;
        if (reach) byReach[reach[from + i] as number]!++;
        if (wish.overlap) byOthers[bitsOf(others, i)]!++;
      }
    });
  }
  const overlap = new Map(wish.overlap ? [...byOthers.entries()].filter(([, count]) => count > 0) : []);
  const values = breakdown === undefined ? [] : [null, ...breakdown.values].map((value, code) => ({ value, size: byValue[code] as number })).filter((one) => one.size > 0);
  return {
    size, of, nextMs, sample, overlap,
    parts: [...(wish.parts ? parts : [])].filter(([path]) => path !== "").map(([path, count]) => ({ path, size: count })),
    breakdown: values.toSorted((a, b) => b.size - a.size), breakdownRest: breakdown === undefined ? 0 : byValue[REST] as number,
    reach: wish.reach === undefined ? [] : reachOf(byReach),
  };
}

/** Rows of ClickHouse as objects. */
export type Read = <Row>(sql: string, params: Readonly<Record<string, unknown>>) => Promise<Row[]>;

function bitsOf(others: readonly Truths[], i: number): number {
  let bits = 0;
  for (let k = 0; k < others.length; k++) bits |= ((others[k] as Truths)[i] as number) >>> 31 << k;
  return bits;
}

// ── By channel ────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Where somebody is reached: identifiers of these namespaces and traits of these names are addresses. Consent is asked of the
 * channel's own categories and of `marketing`: a refusal in any of them counts, and where none was told, what the workspace says of
 * silence. Suppressed people are not among the people at all.
 */
const channels = [
  { channel: "email", addresses: ["email"], consents: ["email", "marketing"] },
  { channel: "phone", addresses: ["phone"], consents: ["sms", "phone", "marketing"] },
  { channel: "push", addresses: ["push_token", "device_token"], consents: ["push", "marketing"] },
] as const;
type Channel = (typeof channels)[number]["channel"];

function reachColumn(view: View, { consentWhenAbsent }: NonNullable<PreviewWish["reach"]>): Promise<Uint8Array> {
  const params: Record<string, unknown> = {};
  const bind = (type: string, value: unknown): string => {
    const name = `v${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}:${type}}`;
  };
  const bits = channels.flatMap(({ addresses, consents }, i) => {
    // Of the few who have one its text is looked at; of most people nothing but that it is not there.
    const ofTrait = (name: string): string => `if(isNull(getSubcolumn(traits, '${name}')), 0, notEmpty(${rawsSql(bind, "traits", name)}))`;
    const known = addresses.flatMap((name) => [`has(namespaces, '${name}')`, ofTrait(name)]);
    const told = consents.map((name) => `mapContains(consents, '${name}')`).join(" or ");
    const refused = consents.map((name) => `(mapContains(consents, '${name}') and consents['${name}'] != 1)`).join(" or ");
    return [`if(${known.join(" or ")}, ${1 << i}, 0)`, `multiIf(${refused}, 0, ${told}, ${8 << i}, ${consentWhenAbsent === "granted" ? 8 << i : 0})`];
  });
  const everybody = "(select profile_id, consents, traits, arrayMap(one -> substring(one, 1, position(one, ':') - 1), identifiers) as namespaces from profiles final where workspace_id = {workspace:UInt32} and deleted = 0)";
  const sql = `select profile_id, toUInt32(${bits.join(" + ")}) as bits from ${everybody} where bits != 0`;
  return view.column(JSON.stringify(["reach", consentWhenAbsent]), { sql, params });
}

function reachOf(byReach: Uint32Array): PreviewResult["reach"] {
  return channels.map(({ channel }, i) => {
    const count = (mask: number): number => byReach.reduce((sum, people, bits) => sum + ((bits & mask) === mask ? people : 0), 0);
    return { channel, address: count(1 << i), consent: count(8 << i), reachable: count((1 << i) | (8 << i)) };
  });
}

// ── Before saving ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface Comparison {
  readonly stay: number;
  readonly enter: number;
  readonly leave: number;
  readonly entering: readonly string[];
  readonly leaving: readonly string[];
}

/** Of a view of two definitions: the changed one, and the one that stands. */
export async function compareOf(view: View, sample: number): Promise<Comparison> {
  const entering: string[] = [];
  const leaving: string[] = [];
  const counts = [0, 0, 0, 0];
  await view.each(([after, before], from) => {
    const [next, now] = [after as Truths, before as Truths]; // Two were asked for.
    for (let i = 0; i < next.length; i++) {
      const change = (next[i] as number) >>> 31 | (now[i] as number) >>> 31 << 1;
      counts[change]!++;
      if (change === 1 && entering.length < sample) entering.push(view.people.idOf(from + i));
      if (change === 2 && leaving.length < sample) leaving.push(view.people.idOf(from + i));
    }
  });
  const [, enter = 0, leave = 0, stay = 0] = counts;
  return { stay, enter, leave, entering, leaving };
}
