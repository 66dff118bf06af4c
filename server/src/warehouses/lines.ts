// A stream of bytes as its lines, none of them longer than is allowed.
import { WarehouseError, warehouseLimits as limits } from "./warehouse.ts";

/** Without the ends of the lines; empty ones too. What is no UTF-8 is replaced. */
export async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(10, from); end >= 0; end = piece.indexOf(10, from)) {
      const last = piece.subarray(from, end);
      yield textOf(rest.length === 0 ? last : Buffer.concat([...rest, last]));
      [rest, bytes, from] = [[], 0, end + 1];
    }
    if (from < piece.length) rest.push(piece.subarray(from));
    bytes += piece.length - from;
    if (bytes > limits.rowBytesMax) throw new WarehouseError("too_large", `A row has more than ${limits.rowBytesMax} bytes. Leave its largest columns out.`);
  }
  if (bytes > 0) yield textOf(Buffer.concat(rest));
}

const textOf = (bytes: Buffer): string => {
  const text = bytes.toString("utf8");
  return text.endsWith("\r") ? text.slice(0, -1) : text;
};
