// Numbers people from 0 on, and finds the number of an id: everything else about them is then an array. Ids come and are kept as
// the four words in which ClickHouse writes a UUID.

const WORDS = 4;
const NEAR = 12;

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);

export class PeopleIndex {
  readonly flags: Uint8Array;
  readonly count: number;
  readonly #words: Uint32Array;
  /** Open addressing: number + 1, 0 where nothing is. */
  readonly #slots: Uint32Array;
  readonly #mask: number;

  /** `words`: four of each person. `before`: an earlier index, perhaps of the same people. */
  constructor(words: Uint32Array, flags: Uint8Array, before?: PeopleIndex) {
    this.count = flags.length;
    this.flags = flags;
    if (before !== undefined && isSame(before.#words, words)) {
      this.#words = before.#words;
      this.#slots = before.#slots;
      this.#mask = before.#mask;
      return;
    }
    this.#words = words;
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, this.count * 2)));
    this.#mask = size - 1;
    this.#slots = new Uint32Array(size);
    for (let i = 0; i < this.count; i++) {
      let slot = this.#slotOf(words, i * WORDS);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = i + 1;
    }
  }

  get bytes(): number {
    return this.#words.byteLength + this.#slots.byteLength + this.flags.byteLength;
  }

  /** The number of the id that stands at a place of an array of words; −1: nobody of this id. */
  numberAt(given: Uint32Array, at: number): number {
    const words = this.#words;
    for (let slot = this.#slotOf(given, at); ; slot = (slot + 1) & this.#mask) {
      const number = (this.#slots[slot] as number) - 1;
      if (number < 0) return -1;
      const own = number * WORDS;
      if (words[own] === given[at] && words[own + 1] === given[at + 1] && words[own + 2] === given[at + 2] && words[own + 3] === given[at + 3]) return number;
    }
  }

  /** The same where it may be one of the next after a number: people often come in the order in which they are numbered. */
  numberAfter(last: number, given: Uint32Array, at: number): number {
    const words = this.#words;
    const end = Math.min(this.count, last + 1 + NEAR);
    for (let number = last + 1; number < end; number++) {
      const own = number * WORDS;
      if (words[own] === given[at] && words[own + 1] === given[at + 1] && words[own + 2] === given[at + 2] && words[own + 3] === given[at + 3]) return number;
    }
    return this.numberAt(given, at);
  }

  idOf(number: number): string {
    const at = number * WORDS;
    // Two numbers of 64 bits, each with its lower word first.
    const hex = [1, 0, 3, 2].map((word) => (this.#words[at + word] as number).toString(16).padStart(8, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  #slotOf(words: Uint32Array, at: number): number {
    let hash = (words[at] as number) ^ Math.imul(words[at + 1] as number, 0x9e37_79b1) ^ Math.imul(words[at + 2] as number, 0x85eb_ca6b) ^ Math.imul(words[at + 3] as number, 0xc2b2_ae35);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
    hash = Math.imul(hash ^ (hash >>> 13), 0x297a_2d39);
    return (hash ^ (hash >>> 16)) & this.#mask;
  }
}
