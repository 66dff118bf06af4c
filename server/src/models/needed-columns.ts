// Which columns a model's definition speaks of, and as what.
import type { ModelDefinition } from "@tributary/schema/model.ts";

export interface NeededColumn {
  readonly column: string;
  readonly what: string;
}

export function neededColumns({ key, person, feeds }: ModelDefinition): readonly NeededColumn[] {
  const needed: NeededColumn[] = key.map((column) => ({ column, what: "part of the key" }));
  if (person !== undefined) needed.push({ column: person.column, what: "whom a row is about" });
  if (feeds === undefined) return needed;
  const take = (column: string | undefined, what: string): void => {
    if (column !== undefined) needed.push({ column, what });
  };
  take(feeds.userId, "the user id of the calls");
  take(feeds.anonymousId, "the anonymous id of the calls");
  take(feeds.timestamp, "the time of the calls");
  if (feeds.call === "group") take(feeds.groupId, "the group id of the calls");
  if (feeds.call === "track" && "column" in feeds.event) take(feeds.event.column, "the name of the events");
  const taken = feeds.call === "track" ? feeds.properties : feeds.traits;
  if (taken !== "*") for (const [name, column] of Object.entries(taken)) take(column, `\`${name}\` of the calls`);
  return needed;
}
