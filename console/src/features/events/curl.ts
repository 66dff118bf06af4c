// Requests as commands for a shell. Whatever stands in a value stays inside its quotes.
/** As one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const paths: ReadonlySet<string> = new Set(["track", "identify", "page", "screen", "group", "alias"]);

/** Sends the event again, byte for byte, with the write key that the shell's WRITE_KEY holds. */
export function curlOfEvent(publicUrl: string, type: string, raw: string): string {
  const isSingle = paths.has(type) && isObject(raw);
  const body = isSingle ? raw : `{"batch":[${raw}]}`;
  return `curl -u "$WRITE_KEY:" ${quoted(`${publicUrl}/v1/${isSingle ? type : "batch"}`)} \\\n  -H 'content-type: application/json' \\\n  --data-binary ${quoted(body)}`;
}

/** Asks the API with the token that the shell's API_TOKEN holds. */
export function curlOfRead(publicUrl: string, path: string): string {
  return `curl -H "Authorization: Bearer $API_TOKEN" ${quoted(`${publicUrl}/api/v1${path}`)}`;
}

function isObject(raw: string): boolean {
  return raw.trimStart().startsWith("{");
}
