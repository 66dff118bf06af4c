// What audiences and computed traits can't be called by.
export { freeSlug } from "../core/free-slug.ts";

/** Words that stand at the place of a slug for something else, in addresses of the API or of the console. */
export const addressWords = {
  audiences: new Set(["apply", "check", "compare", "export", "flow", "new", "preview", "templates", "values"]),
  computedTraits: new Set(["check", "new", "preview", "templates"]),
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>;
