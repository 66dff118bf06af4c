// What a definition that nobody saved may name without its being there: saving refuses that, and so does asking about it.
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { placesIn, type Place } from "@tributary/schema/audience/places.ts";
import { AppError } from "../../core/errors.ts";
import type { Around } from "./previews.ts";

/** Throws `bad_request` for a list, a computed trait or a word that there is not, here or in the audiences that are referred to. */
export function refuseMissing(definitions: readonly Definition[], around: Around): void {
  const seen = new Set<string>();
  const visit = ({ who }: Definition): void => {
    for (const place of placesIn(who)) {
      refuse(place, around);
      if (place.is !== "audience" || seen.has(place.slug)) continue;
      seen.add(place.slug);
      const other = around.audience(place.slug);
      if (other === undefined) throw missing(`There is no audience \`${place.slug}\`.`, "Look at the slugs of GET /audiences.");
      visit(other);
    }
  };
  definitions.forEach(visit);
}

function refuse(place: Place, { list, computed, words: { roles } }: Around): void {
  if (place.is === "list" && list?.(place.slug) === undefined) throw missing(`There is no list \`${place.slug}\`.`, "Look at the slugs of GET /audience-lists.");
  if (place.is === "computed" && computed?.(place.slug) === undefined) throw missing(`There is no computed trait \`${place.slug}\`.`, "Look at the computed traits, or make it first.");
  if (place.is !== "event_role") return;
  const events = Object.hasOwn(roles, place.role) ? (roles[place.role]?.events ?? []) : [];
  if (events.length === 0) throw missing(`No event is known as \`${place.role}\`.`, "Say in the vocabulary which event it is, or name the event itself.");
}

function missing(detail: string, hint: string): AppError {
  return new AppError("bad_request", { detail, hint });
}
