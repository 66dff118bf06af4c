// Cuts a body into the exact bytes of its events without building a value of any of them. One pass over the bytes checks
// the whole body against the JSON grammar (it accepts exactly what JSON.parse accepts after UTF-8 decoding), counts
// nesting, and notes where the few fields that collection needs begin and end.
//
// JSON.parse is not used on bodies: ten megabytes of `[` make it build ten million arrays, and numbers, duplicate keys and
// odd escapes would not come out as they went in. No recursion; linear time; memory is one byte per open level.

/** A piece of the body: bytes from `start` up to, not including, `end`. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

export interface ScannedItem extends Piece {
  /** Objects and arrays within each other, this one included; 0 for a text, number, true, false or null. */
  readonly depth: number;
}

export interface ScannedBody {
  /** The whole value, without the white space and byte order mark around it. */
  readonly whole: ScannedItem;
  /** Elements of the array `batch` of an object, or of the body itself when that is an array; undefined when there is neither. */
  readonly items: readonly ScannedItem[] | undefined;
  /** How many elements there are; larger than `items.length` when there are more than asked for. */
  readonly itemCount: number;
  /** Fields of the body's object whose names were asked for; of two with one name the last counts, as in JSON.parse. */
  readonly fields: ReadonlyMap<string, ScannedItem>;
}

/** The body is not JSON. `at` is the offset in bytes of the first one that does not belong. */
export class NotJson extends Error {
  readonly at: number;
  constructor(at: number) {
    super(`Not valid JSON at byte ${at}.`);
    this.at = at;
  }
}

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;
const MINUS = 0x2d, PLUS = 0x2b, DOT = 0x2e, ZERO = 0x30, NINE = 0x39;

/** 1 for bytes that may stand in a string as they are. Bytes of multi-byte and of broken UTF-8 sequences may. */
const plainInString = new Uint8Array(256);
for (let byte = 0x20; byte < 256; byte++) plainInString[byte] = byte === QUOTE || byte === BACKSLASH ? 0 : 1;

const space = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0a, 0x0d]) space[byte] = 1;

const escaped = new Uint8Array(256);
for (const character of '"\\/bfnrt') escaped[character.charCodeAt(0)] = 1;

const hexadecimal = new Uint8Array(256);
for (const character of "0123456789abcdefABCDEF") hexadecimal[character.charCodeAt(0)] = 1;

const LITERALS = ["true", "false", "null"].map((word) => Buffer.from(word));

/**
 * Scans `bytes`; `wanted` are the names of top-level fields to note, beside `batch`. At most `itemsMax` items are kept.
 * Throws NotJson.
 */
export function scanBody(bytes: Buffer, wanted: ReadonlySet<string>, itemsMax: number): ScannedBody {
  const scanner = new Scanner(bytes);
  const start = scanner.afterSpace(byteOrderMarkLength(bytes));
  const fields = new Map<string, ScannedItem>();
  let list: ItemList | undefined;
  let depth = 0;
  let end: number;
  if (bytes[start] === OPEN_OBJECT) {
    end = scanner.objectFields(start, (name, valueAt) => {
      // A later `batch` replaces an earlier one, whatever it is.
      if (name === "batch") list = undefined;
      if (name === "batch" && bytes[valueAt] === OPEN_ARRAY) {
        list = scanner.arrayItems(valueAt, itemsMax);
        depth = Math.max(depth, list.depth);
        return list.end;
      }
      const valueEnd = scanner.skipValue(valueAt);
      depth = Math.max(depth, scanner.depth);
      if (wanted.has(name)) fields.set(name, { start: valueAt, end: valueEnd, depth: scanner.depth });
      return valueEnd;
    });
    depth += 1;
  } else if (bytes[start] === OPEN_ARRAY) {
    list = scanner.arrayItems(start, itemsMax);
    ({ end, depth } = list);
  } else {
    end = scanner.skipValue(start);
  }
  const rest = scanner.afterSpace(end);
  if (rest < bytes.length) throw new NotJson(rest);
  return { whole: { start, end, depth }, items: list?.items, itemCount: list?.count ?? 0, fields };
}

/** The last top-level field `name` of the object that stands at `piece` of a body that was scanned before. */
export function fieldOf(bytes: Buffer, piece: Piece, name: string): Piece | undefined {
  if (bytes[piece.start] !== OPEN_OBJECT) return undefined;
  const scanner = new Scanner(bytes);
  let found: Piece | undefined;
  scanner.objectFields(piece.start, (fieldName, valueAt) => {
    const end = scanner.skipValue(valueAt);
    if (fieldName === name) found = { start: valueAt, end };
    return end;
  });
  return found;
}

/** Texts that collection reads itself are short; a longer one is left where it stands. */
const TEXT_BYTES_MAX = 4096;

/** The value of a field when it is a short text, or a number as text (`userId: 12`); undefined for everything else. */
export function textOf(bytes: Buffer, piece: Piece | undefined): string | undefined {
  if (!piece || piece.end - piece.start > TEXT_BYTES_MAX) return undefined;
  const first = bytes[piece.start];
  if (first === QUOTE) return JSON.parse(bytes.toString("utf8", piece.start, piece.end)) as string;
  const isNumber = first !== undefined && (first === MINUS || (first >= ZERO && first <= NINE));
  return isNumber ? bytes.toString("latin1", piece.start, piece.end) : undefined;
}

export function isObjectAt(bytes: Buffer, piece: Piece): boolean {
  return bytes[piece.start] === OPEN_OBJECT;
}

interface ItemList {
  readonly items: ScannedItem[];
  readonly count: number;
  readonly depth: number;
  readonly end: number;
}

function byteOrderMarkLength(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

class Scanner {
  readonly bytes: Buffer;
  /** Nesting of the value that skipValue passed last. */
  depth = 0;
  /** For each open level whether it is an object (1) or an array (0). */
  #levels = new Uint8Array(256);

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  afterSpace(at: number): number {
    const { bytes } = this;
    let position = at;
    while (position < bytes.length && space[bytes[position] as number] === 1) position++;
    return position;
  }

  /** Passes an object; `visit` gets each field's name and where its value begins, and returns where it ends. */
  objectFields(at: number, visit: (name: string, valueAt: number) => number): number {
    const { bytes } = this;
    let position = this.afterSpace(at + 1);
    if (bytes[position] === CLOSE_OBJECT) return position + 1;
    for (;;) {
      if (bytes[position] !== QUOTE) throw new NotJson(position);
      const nameEnd = this.#stringEnd(position);
      const name = this.#name(position, nameEnd);
      position = this.afterSpace(nameEnd);
      if (bytes[position] !== COLON) throw new NotJson(position);
      position = this.afterSpace(visit(name, this.afterSpace(position + 1)));
      if (bytes[position] === CLOSE_OBJECT) return position + 1;
      if (bytes[position] !== COMMA) throw new NotJson(position);
      position = this.afterSpace(position + 1);
    }
  }

  /** Passes an array, keeping where its first `itemsMax` elements are. */
  arrayItems(at: number, itemsMax: number): ItemList {
    const { bytes } = this;
    const items: ScannedItem[] = [];
    let count = 0;
    let depth = 0;
    let position = this.afterSpace(at + 1);
    if (bytes[position] === CLOSE_ARRAY) return { items, count, depth: 1, end: position + 1 };
    for (;;) {
      const start = position;
      const end = this.skipValue(start);
      count++;
      depth = Math.max(depth, this.depth);
      if (items.length < itemsMax) items.push({ start, end, depth: this.depth });
      position = this.afterSpace(end);
      if (bytes[position] === CLOSE_ARRAY) return { items, count, depth: depth + 1, end: position + 1 };
      if (bytes[position] !== COMMA) throw new NotJson(position);
      position = this.afterSpace(position + 1);
    }
  }

  /** Passes one value of any kind, checking all of it; returns the offset after it and leaves its nesting in `depth`. */
  skipValue(at: number): number {
    const { bytes } = this;
    const length = bytes.length;
    let position = at;
    let open = 0;
    let deepest = 0;
    for (;;) {
      const byte = bytes[position];
      if (byte === QUOTE) {
        position = this.#stringEnd(position);
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        const isObject = byte === OPEN_OBJECT;
        this.#open(open, isObject);
        open++;
        if (open > deepest) deepest = open;
        position = this.afterSpace(position + 1);
        if (bytes[position] !== (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
          if (isObject) position = this.#nameAndColon(position);
          continue;
        }
        open--;
        position++;
      } else {
        position = this.#plainEnd(position);
      }
      // A value has ended: close what ends with it, or go on to the next member of what is open.
      for (;;) {
        if (open === 0) {
          this.depth = deepest;
          return position;
        }
        while (position < length && space[bytes[position] as number] === 1) position++;
        const isObject = this.#levels[open - 1] === 1;
        const next = bytes[position];
        if (next === COMMA) {
          position = this.afterSpace(position + 1);
          if (isObject) position = this.#nameAndColon(position);
          break;
        }
        if (next !== (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) throw new NotJson(position);
        open--;
        position++;
      }
    }
  }

  #open(level: number, isObject: boolean): void {
    if (level === this.#levels.length) {
      const larger = new Uint8Array(level * 4);
      larger.set(this.#levels);
      this.#levels = larger;
    }
    this.#levels[level] = isObject ? 1 : 0;
  }

  #nameAndColon(at: number): number {
    if (this.bytes[at] !== QUOTE) throw new NotJson(at);
    const colon = this.afterSpace(this.#stringEnd(at));
    if (this.bytes[colon] !== COLON) throw new NotJson(colon);
    return this.afterSpace(colon + 1);
  }

  /** From an opening quote to after the closing one. */
  #stringEnd(at: number): number {
    const { bytes } = this;
    const length = bytes.length;
    let position = at + 1;
    for (;;) {
      while (position < length && plainInString[bytes[position] as number] === 1) position++;
      const byte = bytes[position];
      if (byte === QUOTE) return position + 1;
      if (byte !== BACKSLASH) throw new NotJson(position);
      position = this.#escapeEnd(position + 1);
    }
  }

  #escapeEnd(at: number): number {
    const { bytes } = this;
    const byte = bytes[at];
    if (byte !== undefined && escaped[byte] === 1) return at + 1;
    if (byte !== 0x75) throw new NotJson(at);
    for (let digit = at + 1; digit <= at + 4; digit++) {
      const value = bytes[digit];
      if (value === undefined || hexadecimal[value] !== 1) throw new NotJson(digit);
    }
    return at + 5;
  }

  /** A number, true, false or null. */
  #plainEnd(at: number): number {
    const { bytes } = this;
    const first = bytes[at];
    if (first !== undefined && (first === MINUS || (first >= ZERO && first <= NINE))) return this.#numberEnd(at);
    for (const word of LITERALS) {
      const end = at + word.length;
      if (first === word[0] && end <= bytes.length && bytes.compare(word, 0, word.length, at, end) === 0) return end;
    }
    throw new NotJson(at);
  }

  #numberEnd(at: number): number {
    const { bytes } = this;
    let position = bytes[at] === MINUS ? at + 1 : at;
    position = bytes[position] === ZERO ? position + 1 : this.#digitsEnd(position);
    if (bytes[position] === DOT) position = this.#digitsEnd(position + 1);
    if (((bytes[position] ?? 0) | 0x20) === 0x65) {
      const sign = bytes[position + 1];
      position = this.#digitsEnd(sign === MINUS || sign === PLUS ? position + 2 : position + 1);
    }
    return position;
  }

  /** At least one digit. */
  #digitsEnd(at: number): number {
    const { bytes } = this;
    let position = at;
    for (;;) {
      const byte = bytes[position];
      if (byte === undefined || byte < ZERO || byte > NINE) break;
      position++;
    }
    if (position === at) throw new NotJson(at);
    return position;
  }

  /** The name between the quotes at `start` and before `end`; two spellings of one name give the same text. */
  #name(start: number, end: number): string {
    // Longer names can't be one that is asked for, unless by escapes: six bytes a character.
    if (end - start > 128) return "";
    const quoted = this.bytes.toString("utf8", start, end);
    return quoted.includes("\\") ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  }
}
