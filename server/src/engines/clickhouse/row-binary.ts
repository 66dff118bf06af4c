// Writes rows in ClickHouse's RowBinary format into one growing buffer. It stands on the hot path: no object and no copy
// per value. Text always comes out as valid UTF-8: a lone surrogate becomes U+FFFD.

const bytesAtFirst = 64 * 1024;
/** The longest UTF-8 form of one UTF-16 unit. */
const bytesPerUnitMax = 3;
/** Short texts are written by hand when they are ASCII, which is faster than a call into the runtime. */
const handWrittenLengthMax = 24;

export class RowBinaryWriter {
  #bytes: Buffer;
  #view: DataView;
  #length = 0;

  constructor(bytes = bytesAtFirst) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length;
  }

  /** A copy of what was written, exactly as long. */
  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** What was written, without a copy; the writer then starts with a fresh buffer of the same size. */
  take(): Buffer {
    const written = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length);
    this.#view = new DataView(this.#bytes.buffer);
    this.#length = 0;
    return written;
  }

  /** Forgets everything from `length` on: a row that can't be finished. */
  truncate(length: number): void {
    this.#length = Math.min(length, this.#length);
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** A safe integer from 0 on, or any 64 bits as bigint. */
  uint64(value: number | bigint): void {
    this.#reserve(8);
    if (typeof value === "bigint") {
      this.#view.setBigUint64(this.#length, value, true);
    } else {
      this.#view.setUint32(this.#length, value >>> 0, true);
      this.#view.setUint32(this.#length + 4, Math.floor(value / 0x1_0000_0000), true);
    }
    this.#length += 8;
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** DateTime64(3): whole milliseconds since 1970, before it negative. */
  dateTime64(ms: number): void {
    this.#reserve(8);
    const whole = Math.trunc(ms);
    this.#view.setUint32(this.#length, whole >>> 0, true);
    this.#view.setInt32(this.#length + 4, Math.floor(whole / 0x1_0000_0000), true);
    this.#length += 8;
  }

  /** String: text as UTF-8, or bytes as they are. */
  string(value: string | Uint8Array): void {
    if (typeof value === "string") this.#text(value);
    else this.#blob(value);
  }

  /** UUID from its text, with or without dashes. Anything else is a bug of the caller and throws. */
  uuid(text: string): void {
    this.#reserve(16);
    // ClickHouse keeps two 64-bit halves, each little-endian.
    let nibbles = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === 0x2d) continue;
      const digit = unit < 128 ? (hexDigits[unit] ?? 255) : 255;
      if (digit === 255 || nibbles === 32) throw notUuid(text);
      const at = this.#length + (byteOfUuid[nibbles >> 1] ?? 0);
      if ((nibbles & 1) === 0) this.#bytes[at] = digit << 4;
      else this.#bytes[at] = (this.#bytes[at] ?? 0) | digit;
      nibbles++;
    }
    if (nibbles !== 32) throw notUuid(text);
    this.#length += 16;
  }

  /** Array(UInt64): the first 64 bits of each UUID, its text being well-formed (see hash64Of). */
  uuidHeads(texts: readonly string[]): void {
    this.#varint(texts.length);
    this.#reserve(texts.length * 8);
    for (const text of texts) {
      let byte = 7;
      for (let i = 0; byte >= 0; i += 2) {
        if (text.charCodeAt(i) === 0x2d) i++;
        const [high, low] = [hexDigits[text.charCodeAt(i)] ?? 255, hexDigits[text.charCodeAt(i + 1)] ?? 255];
        if (high === 255 || low === 255) throw notUuid(text);
        this.#bytes[this.#length + byte--] = (high << 4) | low;
      }
      this.#length += 8;
    }
  }

  /** Once more the last `bytes` that were written: a value that stands in two columns beside each other. */
  repeat(bytes: number): void {
    this.#reserve(bytes);
    this.#bytes.copyWithin(this.#length, this.#length - bytes, this.#length);
    this.#length += bytes;
  }

  /** Array(String). */
  stringArray(values: readonly string[]): void {
    this.#varint(values.length);
    for (const value of values) this.#text(value);
  }

  /** Map(String, String), in the order of the entries. */
  stringMap(map: Readonly<Record<string, string>>): void {
    const names = Object.keys(map);
    this.#varint(names.length);
    for (const name of names) {
      this.#text(name);
      this.#text(map[name] ?? "");
    }
  }

  /** Map(String, UInt8); true is 1. */
  uint8Map(map: Readonly<Record<string, number | boolean>>): void {
    const names = Object.keys(map);
    this.#varint(names.length);
    for (const name of names) {
      this.#text(name);
      this.uint8(Number(map[name] ?? 0));
    }
  }

  /** Map(String, Int64), of safe integers. */
  int64Map(entries: readonly (readonly [name: string, value: number])[]): void {
    this.#varint(entries.length);
    for (const [name, value] of entries) {
      this.#text(name);
      this.dateTime64(value);
    }
  }

  /** Bytes of rows that are encoded already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #text(text: string): void {
    const units = text.length;
    this.#reserve(units * bytesPerUnitMax + 5);
    if (units <= handWrittenLengthMax && this.#shortAscii(text, units)) return;
    // The length stands before the text: leave as much room as ASCII needs, and move the text if it took more.
    const headGuess = varintLength(units);
    const written = this.#bytes.write(text, this.#length + headGuess, "utf8");
    const head = varintLength(written);
    if (head !== headGuess) {
      const from = this.#length + headGuess;
      this.#bytes.copyWithin(this.#length + head, from, from + written);
    }
    this.#varint(written);
    this.#length += written;
  }

  /** Writes the text if it is all ASCII; otherwise what it wrote is overwritten by the caller. */
  #shortAscii(text: string, units: number): boolean {
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = units;
    for (let i = 0; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) return false;
      bytes[at++] = unit;
    }
    this.#length = at;
    return true;
  }

  #blob(bytes: Uint8Array): void {
    this.#varint(bytes.length);
    this.raw(bytes);
  }

  #varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Where byte i of a UUID's text stands. */
const byteOfUuid = Uint8Array.of(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);

/** 0 to 15 for the code units of hexadecimal digits, 255 for all others. */
const hexDigits = Uint8Array.from({ length: 128 }, (_, unit) => {
  const digit = Number.parseInt(String.fromCharCode(unit), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

function notUuid(text: string): Error {
  return new Error(`Not a UUID: ${JSON.stringify(text.slice(0, 64))}`);
}
