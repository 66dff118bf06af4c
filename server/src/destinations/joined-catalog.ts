// Several catalogs as one. Where two have a destination of one slug, the first one's counts: what we wrote for a vendor ourselves we
// wrote because the other does not do.
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { Catalog } from "./destination.ts";

export function joinCatalogs(catalogs: readonly Catalog[]): Catalog {
  return {
    async list() {
      const bySlug = new Map<string, DestinationDefinition>();
      for (const catalog of catalogs) {
        for (const definition of await catalog.list()) if (!bySlug.has(definition.slug)) bySlug.set(definition.slug, definition);
      }
      return [...bySlug.values()].toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
    },
    async find(slug) {
      for (const catalog of catalogs) {
        const found = await catalog.find(slug);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    async close() {
      await Promise.all(catalogs.map((catalog) => catalog.close()));
    },
  };
}
