// All destinations of our own. A new one is a file beside this one, and a line here.
import type { Destination } from "../destination.ts";
import type { OwnParts } from "./define-destination.ts";
import { files } from "./files.ts";
import { mail } from "./mail.ts";
import { s3 } from "./s3.ts";
import { webhook } from "./webhook.ts";

export type { OwnParts } from "./define-destination.ts";

export function ownDestinations(parts: OwnParts): readonly Destination[] {
  return [webhook, mail, files, s3].map((make) => make(parts));
}
