// Rows of RowBinary that consist of words of 32 bits alone, as they come in pieces.

export class WordRows {
  readonly #stride: number;
  readonly #onRows: (words: Uint32Array, rows: number) => void;
  #rest: Uint8Array = new Uint8Array(0);

  /** `onRows`: so many whole rows. The words are valid during the call. */
  constructor(wordsOfRow: number, onRows: (words: Uint32Array, rows: number) => void) {
    this.#stride = wordsOfRow * 4;
    this.#onRows = onRows;
  }

  readonly take = (piece: Uint8Array): void => {
    const bytes = this.#rest.length + piece.length;
    const rows = Math.floor(bytes / this.#stride);
    const whole = rows * this.#stride;
    // Copied: words have to begin at a multiple of four.
    const all = new Uint8Array(bytes);
    all.set(this.#rest);
    all.set(piece, this.#rest.length);
    this.#rest = all.slice(whole);
    if (rows > 0) this.#onRows(new Uint32Array(all.buffer, 0, whole / 4), rows);
  };

  /** Throws an Error when the last row is not whole. */
  end(): void {
    if (this.#rest.length > 0) throw new Error("ClickHouse's answer broke off in the middle of a row.");
  }
}
