// An event out of the address of an image, for mails and pages without scripts. Segment writes the whole event as base64
// JSON in `data`; RudderStack and Jitsu write its fields one by one.
import { NotJson, scanBody } from "./body-scanner.ts";

/** The body that the same event would have had as a POST. A broken `data` gives a body that is not JSON. */
export function pixelBody(query: URLSearchParams): Buffer {
  const data = query.get("data");
  if (data !== null) return Buffer.from(data.replace(/ /g, "+"), "base64");
  const fields: string[] = [];
  for (const [name, value] of query) {
    if (keyNames.has(name)) continue;
    fields.push(`${JSON.stringify(name)}:${objectFields.has(name) && isJson(value) ? value : JSON.stringify(value)}`);
  }
  return Buffer.from(`{${fields.join(",")}}`);
}

const keyNames: ReadonlySet<string> = new Set(["writeKey", "writekey", "token"]);
/** Values are texts, but for the fields that are objects and written as JSON. */
const objectFields: ReadonlySet<string> = new Set(["properties", "traits", "context", "integrations"]);

function isJson(text: string): boolean {
  try {
    scanBody(Buffer.from(text), new Set(), 0);
    return true;
  } catch (error) {
    if (error instanceof NotJson) return false;
    throw error;
  }
}
