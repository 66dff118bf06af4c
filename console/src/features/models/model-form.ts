// A model's definition while somebody writes it, and back. What the form does not show of a definition stays as it was.
import type { ModelDefinition } from "@tributary/schema/model.ts";

export interface ModelForm {
  readonly name: string;
  /** Empty: the workspace's own tables. */
  readonly warehouse: string;
  readonly text: string;
  readonly key: readonly string[];
  /** Empty: rows are about nobody. */
  readonly personColumn: string;
  readonly personNamespace: string;
  readonly schedule: "none" | "minutes" | "cron" | "import";
  readonly everyMinutes: number;
  readonly cron: string;
  readonly zone: string;
  readonly afterImport: string;
  readonly feeds: "none" | "identify" | "group" | "track";
  readonly feedSource: string;
  readonly feedUserId: string;
  readonly feedGroupId: string;
  readonly feedEvent: string;
  readonly stopPercent: number;
}

const empty: ModelForm = {
  name: "", warehouse: "", text: "", key: [], personColumn: "", personNamespace: "user_id", schedule: "none", everyMinutes: 60, cron: "0 6 * * *", zone: "UTC", afterImport: "", feeds: "none", feedSource: "", feedUserId: "", feedGroupId: "",
  feedEvent: "", stopPercent: 30,
};

export function formOf(model: { readonly name: string; readonly definition: ModelDefinition } | undefined, zone: string): ModelForm {
  if (model === undefined) return { ...empty, zone };
  const { warehouse, query, key, person, schedule, feeds, stopShare } = model.definition;
  return {
    ...empty, zone, name: model.name, warehouse: warehouse ?? "", text: query.kind === "sql" ? query.sql : query.files, key, personColumn: person?.column ?? "", personNamespace: person?.namespace ?? "user_id", stopPercent: Math.round(stopShare * 100),
    ...(schedule === undefined ? {} : "cron" in schedule ? { schedule: "cron", cron: schedule.cron, zone: schedule.zone } : "everyMinutes" in schedule ? { schedule: "minutes", everyMinutes: schedule.everyMinutes } : { schedule: "import", afterImport: schedule.afterImport }),
    ...(feeds === undefined ? {} : {
      feeds: feeds.call, feedSource: feeds.source, feedUserId: feeds.userId ?? "", feedGroupId: feeds.call === "group" ? feeds.groupId : "", feedEvent: feeds.call === "track" && "name" in feeds.event ? feeds.event.name : "",
    }),
  };
}

/** `reads`: what the warehouse's queries are. `before`: the definition that is changed. */
export function definitionOf(form: ModelForm, reads: "sql" | "files", before?: ModelDefinition): ModelDefinition {
  const { schedule: _schedule, person: _person, feeds: fedBefore, query: asked, ...rest } = before ?? { stopShare: 0.3 };
  return {
    ...rest, warehouse: form.warehouse === "" ? null : form.warehouse, key: [...form.key], stopShare: form.stopPercent / 100,
    query: reads === "sql" ? { kind: "sql", sql: form.text.trim() } : { ...(asked?.kind === "files" ? asked : {}), kind: "files", files: form.text.trim() },
    ...(form.personColumn === "" ? {} : { person: { column: form.personColumn, namespace: form.personNamespace } }),
    ...scheduleOf(form), ...feedsOf(form, fedBefore),
  };
}

function scheduleOf({ schedule, cron, zone, everyMinutes, afterImport }: ModelForm): Pick<ModelDefinition, "schedule"> {
  if (schedule === "cron") return { schedule: { cron: cron.trim(), zone } };
  if (schedule === "minutes") return { schedule: { everyMinutes } };
  return schedule === "import" ? { schedule: { afterImport } } : {};
}

function feedsOf(form: ModelForm, before: ModelDefinition["feeds"]): Pick<ModelDefinition, "feeds"> {
  if (form.feeds === "none") return {};
  const shared = { source: form.feedSource, historical: before?.historical ?? true, ...(before?.timestamp === undefined ? {} : { timestamp: before.timestamp }), ...(before?.anonymousId === undefined ? {} : { anonymousId: before.anonymousId }), ...(form.feedUserId === "" ? {} : { userId: form.feedUserId }) };
  if (form.feeds === "identify") return { feeds: { call: "identify", ...shared, traits: before?.call === "identify" ? before.traits : "*" } };
  if (form.feeds === "group") return { feeds: { call: "group", ...shared, groupId: form.feedGroupId, traits: before?.call === "group" ? before.traits : "*" } };
  const event = form.feedEvent === "" && before?.call === "track" ? before.event : { name: form.feedEvent };
  return { feeds: { call: "track", ...shared, event, properties: before?.call === "track" ? before.properties : "*" } };
}
