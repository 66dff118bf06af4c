// Bytes into physical lines, whatever the chunks. A line longer than the limit is passed over without being held in
// memory. Places are counted in the file's own (uncompressed) bytes, so that reading can go on at any line's end.
import { AppError } from "../../core/errors.ts";
import { importLimits } from "./import-limits.ts";

export interface PhysicalLine {
  /** From 1. */
  readonly line: number;
  /** Without its line end; null when it is longer than the limit. */
  readonly bytes: Buffer | null;
  /** The file's byte after its line end. */
  readonly endByte: number;
}

export interface LinePlace {
  /** Lines before this place. */
  readonly line: number;
  readonly byte: number;
}

/**
 * Yields the lines that each chunk completes, together. With `isLastPart` the rest after the last line end is a line as
 * well; otherwise it is left for the part that follows. Throws AppError `bad_request` for a file in UTF-16.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>, from: LinePlace, isLastPart: boolean,
): AsyncGenerator<readonly PhysicalLine[]> {
  let line = from.line;
  let byte = from.byte;
  let rest: Buffer[] = [];
  let restBytes = 0;
  let isTooLong = false;

  function keep(piece: Buffer): void {
    restBytes += piece.length;
    if (restBytes > importLimits.lineBytesMax + 1) {
      isTooLong = true;
      rest = [];
    } else rest.push(piece);
  }
  function complete(endBytes: number): PhysicalLine {
    line += 1;
    byte += restBytes + endBytes;
    const bytes = isTooLong ? null : withoutMarks(rest.length === 1 && rest[0] ? rest[0] : Buffer.concat(rest), line);
    rest = [];
    restBytes = 0;
    isTooLong = false;
    return { line, bytes: bytes && bytes.length > importLimits.lineBytesMax ? null : bytes, endByte: byte };
  }

  for await (const chunk of chunks) {
    const lines: PhysicalLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10, start); end >= 0; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      lines.push(complete(1));
      start = end + 1;
    }
    // Copied: a piece of a stream's buffer must not keep the whole buffer alive, nor change under us.
    if (start < chunk.length) keep(Buffer.from(chunk.subarray(start)));
    if (lines.length > 0) yield lines;
  }
  if (isLastPart && restBytes > 0) yield [complete(0)];
}

/** The line without a carriage return at its end and, on the first line, without a byte order mark. */
function withoutMarks(bytes: Buffer, line: number): Buffer {
  let start = 0;
  if (line === 1) {
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
      throw new AppError("bad_request", { detail: "The file is in UTF-16.", hint: "Save it as UTF-8 and import that." });
    }
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) start = 3;
  }
  const end = bytes[bytes.length - 1] === 13 ? bytes.length - 1 : bytes.length;
  return bytes.subarray(start, Math.max(start, end));
}
