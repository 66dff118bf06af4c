// What a dry run finds, gathered in memory over the files of one import and never stored.
import type { ImportError, ImportPreview } from "@tributary/schema/import.ts";
import type { BuiltEvent } from "./compile-mapping.ts";
import { importLimits } from "./import-limits.ts";
import type { ImportCounts, ImportStep } from "./read-import.ts";

/** The keys of the identifiers that an event carries, the strongest first. */
export type IdentifierKeys = (event: Readonly<Record<string, unknown>>) => readonly string[];
/** Which of these keys belong to a person already: key → person. */
export type FindPeople = (keys: readonly string[]) => Promise<ReadonlyMap<string, string>>;

export interface PreviewCollector {
  add(file: string, step: ImportStep): void;
  /** After the last step of a file. */
  endFile(counts: ImportCounts, unusedColumns: readonly string[]): void;
  result(findPeople: FindPeople): Promise<ImportPreview>;
}

export function createPreview(identifierKeys: IdentifierKeys): PreviewCollector {
  const total = { lines: 0, events: 0, refused: 0, skipped: 0 };
  const byName = new Map<string, number>();
  const byCode = new Map<string, number>();
  const errors: ImportError[] = [];
  const firstEvents: unknown[] = [];
  const unused = new Set<string>();
  // The strongest key of each person → other keys of theirs, by any of which they may be known.
  const people = new Map<string, readonly string[]>();
  let withoutPerson = 0;
  let isComplete = true;

  function addEvent(event: BuiltEvent): void {
    byName.set(event.name, (byName.get(event.name) ?? 0) + 1);
    const parsed: unknown = JSON.parse(String(event.json));
    if (firstEvents.length < importLimits.previewEventsMax) firstEvents.push(parsed);
    // Events are objects: they were built as such.
    const [strongest, ...others] = identifierKeys(parsed as Record<string, unknown>);
    if (strongest === undefined) withoutPerson += 1;
    else if (people.has(strongest)) return;
    else if (people.size < importLimits.previewPeopleMax) people.set(strongest, others.slice(0, 5));
    else isComplete = false;
  }
  return {
    add: (file, step) => {
      step.events.forEach(addEvent);
      for (const { line, problem } of step.refused) {
        byCode.set(problem.code, (byCode.get(problem.code) ?? 0) + 1);
        if (errors.length < importLimits.previewErrorsMax) errors.push({ file, line, ...problem });
      }
    },
    endFile: (counts, unusedColumns) => {
      for (const key of ["lines", "events", "refused", "skipped"] as const) total[key] += counts[key];
      for (const column of unusedColumns) unused.add(column);
    },
    result: async (findPeople) => {
      const known = await findPeople([...people].flatMap(([key, others]) => [key, ...others]));
      const matched = new Set<string>();
      let fresh = 0;
      for (const [key, others] of people) {
        const person = [key, ...others].map((each) => known.get(each)).find((each) => each !== undefined);
        if (person === undefined) fresh += 1;
        else matched.add(person);
      }
      return {
        ...total, events_by_name: Object.fromEntries(byName), errors_by_code: Object.fromEntries(byCode), errors,
        columns_not_used: [...unused].slice(0, importLimits.columnsMax),
        people: { new: fresh, matched: matched.size, complete: isComplete, events_without_person: withoutPerson },
        first_events: firstEvents,
      };
    },
  };
}
