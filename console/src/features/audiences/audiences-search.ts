// What the addresses of audiences hold.
export type AudiencesTab = "templates" | "lists";

export interface AudiencesSearch {
  readonly show?: AudiencesTab;
  /** The list that is open beside the others. */
  readonly list?: string;
  readonly search?: string;
  /** Empty: those in no folder. */
  readonly folder?: string;
  readonly status?: "archived" | "filling" | "failed";
}

export function audiencesSearch({ show, list, search, folder, status }: Record<string, unknown>): AudiencesSearch {
  const text = textOf(search);
  return {
    ...(show === "templates" || show === "lists" ? { show } : {}),
    ...(show === "lists" && textOf(list) !== "" ? { list: textOf(list) } : {}),
    ...(text === "" ? {} : { search: text }),
    ...(typeof folder === "string" || typeof folder === "number" ? { folder: textOf(folder) } : {}),
    ...(status === "archived" || status === "filling" || status === "failed" ? { status } : {}),
  };
}

export const builderViews = ["sentence", "yaml", "sql", "json"] as const;
export type BuilderView = (typeof builderViews)[number];

export interface BuilderSearch {
  readonly view?: Exclude<BuilderView, "sentence">;
  /** A template to begin with, or an audience to begin with a copy of. */
  readonly template?: string;
  readonly copy?: string;
}

export function builderSearch({ view, template, copy }: Record<string, unknown>): BuilderSearch {
  return {
    ...(view === "yaml" || view === "sql" || view === "json" ? { view } : {}),
    ...(typeof template === "string" ? { template: template.slice(0, 100) } : {}),
    ...(typeof copy === "string" ? { copy: copy.slice(0, 100) } : {}),
  };
}

export const audienceTabs = ["overview", "people", "changes", "why", "versions", "uses"] as const;
export type AudienceTab = (typeof audienceTabs)[number];

export interface AudienceSearch {
  readonly tab?: Exclude<AudienceTab, "overview">;
  /** Whom `why` is about, and as of which time. */
  readonly person?: string;
  readonly at?: string;
  /** An event of the evidence, opened. */
  readonly message?: string;
  /** Versions that are compared. */
  readonly from?: number;
  readonly to?: number;
}

export function audienceSearch({ tab, person, at, message, from, to }: Record<string, unknown>): AudienceSearch {
  const known = audienceTabs.find((one) => one === tab);
  return {
    ...(known === undefined || known === "overview" ? {} : { tab: known }),
    ...(textOf(person) === "" ? {} : { person: textOf(person) }),
    ...(typeof at === "string" && !Number.isNaN(Date.parse(at)) ? { at } : {}),
    ...(textOf(message) === "" ? {} : { message: textOf(message) }),
    ...(isVersion(from) ? { from } : {}),
    ...(isVersion(to) ? { to } : {}),
  };
}

const isVersion = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value > 0;

/** The router reads `?search=5` as a number. */
function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value).slice(0, 200) : "";
}
