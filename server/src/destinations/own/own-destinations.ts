// All destinations of our own. A new one is a file beside this one, and a line here.
import type { Destination } from "../destination.ts";
import type { OwnParts } from "./define-destination.ts";
import { clickhouse } from "./clickhouse.ts";
import { files } from "./files.ts";
import { googleDataManager } from "./google-data-manager.ts";
import { kafka } from "./kafka.ts";
import { linkedinAudiences } from "./linkedin-audiences.ts";
import { mail } from "./mail.ts";
import { postgres } from "./postgres.ts";
import { s3 } from "./s3.ts";
import { webhook } from "./webhook.ts";
import { xAudiences } from "./x-audiences.ts";

export type { OwnParts } from "./define-destination.ts";

export function ownDestinations(parts: OwnParts): readonly Destination[] {
  return [webhook, mail, files, s3, postgres, clickhouse, kafka, googleDataManager, xAudiences, linkedinAudiences].map((make) => make(parts));
}
