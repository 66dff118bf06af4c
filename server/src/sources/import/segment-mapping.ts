// The mapping of a CSV file whose columns are named like the paths of a Segment call: type, event, userId, timestamp,
// properties.price, traits.email, context.ip. Such a file needs no mapping of its own; its values are texts.
import type { ImportMapping, ImportReading, ImportValue } from "@tributary/schema/import.ts";
import { importCallType } from "@tributary/schema/import.ts";
import { AppError } from "../../core/errors.ts";

const idColumns = { userId: "user_id", anonymousId: "anonymous_id", groupId: "group_id", previousId: "previous_id" } as const;
const plainColumns = ["type", "event", "name", "messageId", "timestamp", ...Object.keys(idColumns)];
const sections = ["properties", "traits", "context"] as const;

/** Throws AppError `bad_request` when a column is not one of a Segment call's. */
export function segmentMapping(header: readonly string[], reading: ImportReading): ImportMapping {
  const unknown = header.filter((column) => !plainColumns.includes(column) && sectionOf(column) === undefined);
  if (unknown.length > 0) {
    throw new AppError("bad_request", {
      detail: `The file is not Segment-shaped: ${unknown.length} of its ${header.length} columns are not named like a call's paths.`,
      hint: "Describe the file in a mapping (--mapping), or name its columns type, event, userId, timestamp, properties.…, traits.…",
    });
  }
  const mapping: ImportMapping = {
    version: 1, format: "csv", events: rulesOf(header),
    ...reading,
    ...(header.includes("timestamp") ? { timestamp: "timestamp" } : {}),
    ...(header.includes("messageId") ? { message_id: { columns: ["messageId"] } } : {}),
  };
  for (const [column, field] of Object.entries(idColumns)) {
    if (header.includes(column)) mapping[field] = column;
  }
  for (const section of sections) {
    const fields: Record<string, ImportValue> = {};
    for (const column of header.filter((each) => sectionOf(each) === section)) fields[column.slice(section.length + 1)] = column;
    mapping[section] = fields;
  }
  return mapping;
}

function sectionOf(column: string): (typeof sections)[number] | undefined {
  return sections.find((section) => column.startsWith(`${section}.`) && column.length > section.length + 1);
}

function rulesOf(header: readonly string[]): ImportMapping["events"] {
  const trackName = header.includes("event") ? { column: "event" } : undefined;
  if (!header.includes("type")) return [trackName ? { type: "track", name: trackName } : { type: "identify" }];
  return importCallType.options.flatMap((type): ImportMapping["events"] => {
    const when = { column: "type", equals: type };
    if (type === "track") return trackName ? [{ type, when, name: trackName }] : [];
    const hasName = (type === "page" || type === "screen") && header.includes("name");
    return [{ type, when, ...(hasName ? { name: { column: "name" } } : {}) }];
  });
}
