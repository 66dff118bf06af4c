// Chance that is none: numbers drawn from a seed and the name of what they are for, so that each thing of the shop can be
// made by itself, in any order, and is always the same. Nothing but integer operations, and + − × ÷ on doubles, which every
// machine computes alike; no logarithm or sine, which the language leaves to the engine.

/** A seed as two words; made once from what people write. */
export interface Seed {
  readonly a: number;
  readonly b: number;
}

export function seedOf(text: string | number): Seed {
  return mixed({ a: 0x9e3779b9, b: 0x85ebca6b }, String(text));
}

/** A seed for something within what the given seed is for. */
export function seedWithin(seed: Seed, ...names: readonly (string | number)[]): Seed {
  let within = seed;
  for (const name of names) within = mixed(within, name);
  return within;
}

export function diceFor(seed: Seed, ...names: readonly (string | number)[]): Dice {
  return new Dice(seedWithin(seed, ...names));
}

function mixed(seed: Seed, name: string | number): Seed {
  let { a, b } = seed;
  if (typeof name === "number") {
    a = scrambled(a ^ Math.imul(name | 0, 0xcc9e2d51));
    b = scrambled(b + Math.imul(name | 0, 0x1b873593) + 0x2545f491);
  } else {
    for (let i = 0; i < name.length; i++) {
      a = Math.imul(a ^ name.charCodeAt(i), 0x01000193);
      b = Math.imul((b << 5) + (b >>> 3) + name.charCodeAt(i), 0x5bd1e995);
    }
    a = scrambled(a ^ name.length);
    b = scrambled(b ^ 0x51ed270b);
  }
  return { a: scrambled(a + (b >>> 7)), b: scrambled(b ^ (a >>> 5)) };
}

/** The finisher of MurmurHash3: every bit of what goes in moves every bit of what comes out. */
function scrambled(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

/** Waiting times without memory, of mean 1, by their quantiles; between them a straight line is near enough. */
const waits = [0, 0.105, 0.223, 0.357, 0.511, 0.693, 0.916, 1.204, 1.609, 2.303, 4.2];

/** Numbers in a fixed order (sfc32). */
export class Dice {
  #a: number;
  #b: number;
  #c = 0x6d2b79f5;
  #counter = 1;

  constructor(seed: Seed) {
    this.#a = seed.a;
    this.#b = seed.b;
    for (let i = 0; i < 8; i++) this.word();
  }

  /** 32 bits. */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  share(): number {
    return this.word() / 4_294_967_296;
  }

  /** An integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.share() * below);
  }

  /** An integer in [least, most]. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(share: number): boolean {
    return this.share() < share;
  }

  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T {
    return list[this.below(list.length)]!; // Lists of words are never empty, and the index is below the length.
  }

  /** An index, by weights. */
  weighted(weights: readonly number[]): number {
    let total = 0;
    for (const weight of weights) total += weight;
    let left = this.share() * total;
    for (const [index, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return index;
    }
    return weights.length - 1;
  }

  /** A waiting time of mean 1: mostly short, now and then long. */
  wait(): number {
    const at = this.share() * (waits.length - 1);
    const low = Math.floor(at);
    const from = waits[low] ?? 0;
    return from + ((waits[low + 1] ?? from) - from) * (at - low);
  }

  hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += this.word().toString(16).padStart(8, "0");
    return text.slice(0, digits);
  }

  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-a${this.hex(3)}-${this.hex(12)}`;
  }
}
