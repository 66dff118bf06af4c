// What a change makes of an audience or of a computed trait as it stands. Whoever changed an older version than the one in force is refused,
// so that nobody undoes what another has done meanwhile.
import { AppError } from "../core/errors.ts";
import { isSame } from "../core/is-same.ts";

/** What is left out stays. */
export interface StoredChange<Definition> {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly folder?: string | undefined;
  readonly definition?: Definition | undefined;
  /** The version that was changed. */
  readonly version?: number | undefined;
}

interface Stored<Definition> {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly folder: string;
  readonly definition: Definition;
  readonly version: number;
  readonly status: string;
  readonly updatedBy: string;
}

interface FoundChange<Definition> {
  /** What is another; empty: nothing. */
  readonly fields: readonly string[];
  readonly after: { readonly name: string; readonly description: string; readonly folder: string };
  /** Another definition than the one in force. */
  readonly next: Definition | undefined;
  readonly version: number;
}

/** `called`: what it is, as people say it. Throws `conflict`. */
export function changeIn<Definition>(before: Stored<Definition>, change: StoredChange<Definition>, called: "audience" | "computed trait"): FoundChange<Definition> {
  if (change.version !== undefined && change.version !== before.version) {
    throw new AppError("conflict", {
      detail: `${before.updatedBy} has changed this ${called} meanwhile: version ${before.version} is in force, and you changed ${change.version}.`,
      hint: "Read it again, make your change in what stands there now, and send its `version`.",
    });
  }
  if (before.status === "archived") throw new AppError("conflict", { detail: `The ${called} \`${before.slug}\` is archived.`, hint: "Restore it first." });
  const after = { name: change.name ?? before.name, description: change.description ?? before.description, folder: change.folder ?? before.folder };
  const fields: string[] = (["name", "description", "folder"] as const).filter((name) => after[name] !== before[name]);
  const next = change.definition !== undefined && !isSame(change.definition, before.definition) ? change.definition : undefined;
  if (next !== undefined) fields.push("definition");
  return { fields, after, next, version: before.version + (next === undefined ? 0 : 1) };
}

/** Throws `in_use` where something refers to what is to be archived. */
export function refuseInUse(slug: string, users: readonly { readonly kind: string; readonly slug: string; readonly name: string }[]): void {
  if (users.length === 0) return;
  const names = users.map((one) => `the ${one.kind.replace("_", " ")} “${one.name}” (\`${one.slug}\`)`);
  throw new AppError("in_use", { detail: `\`${slug}\` can't be archived: ${names.join(", ")} ${names.length === 1 ? "refers" : "refer"} to it.`, hint: "Take those conditions away first, or archive what refers to it." });
}
