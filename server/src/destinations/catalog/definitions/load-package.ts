// The one place that loads Segment's packages. They are CommonJS and declare less than they need, so they are found by their folder;
// only a slug of our own list is ever made part of a path.
import { createRequire } from "node:module";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import type { PackageDefinition } from "../package-shapes.ts";
import { categories } from "./categories.ts";
import type { FilterNode } from "./convert-preset.ts";

const load = createRequire(import.meta.url);

function folderOf(name: string): string {
  const file = load.resolve(name);
  const end = file.lastIndexOf(join("node_modules", ...name.split("/")));
  return join(file.slice(0, end), "node_modules", ...name.split("/"));
}

export interface PackageFolders {
  readonly destinations: string;
  readonly core: string;
}

/** Undefined: it isn't installed. */
export function packageFolders(): PackageFolders | undefined {
  try {
    return { destinations: folderOf("@segment/action-destinations"), core: folderOf("@segment/actions-core") };
  } catch {
    return undefined;
  }
}

/** Both packages' versions: what was made of them holds as long as these do. */
export function packageVersion({ destinations, core }: PackageFolders): string {
  const versionOf = (folder: string): string => (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version; // Written by npm.
  return `${versionOf(destinations)}-${versionOf(core)}`;
}

/** One destination, and nothing of the others. */
export function loadDefinition({ destinations }: PackageFolders, slug: string): PackageDefinition {
  if (!categories.has(slug)) throw new Error(`${slug} is not in the catalog.`);
  const loaded = load(join(destinations, "dist", "destinations", slug, "index.js")) as { default: PackageDefinition }; // What the package exports.
  // The name becomes the scheme of a schema's address, which fast-uri takes apart: most names break it, and so does a digit at the beginning.
  return { ...loaded.default, name: /^[a-z]/.test(slug) ? slug : `d-${slug}` };
}

/** The name for people, which `loadDefinition` puts aside. */
export function nameInPackage({ destinations }: PackageFolders, slug: string): string {
  return (load(join(destinations, "dist", "destinations", slug, "index.js")) as { default: PackageDefinition }).default.name;
}

export function loadFilterParser(): (text: string) => FilterNode {
  return (load("@segment/destination-subscriptions") as { parseFql: (text: string) => FilterNode }).parseFql;
}

/** A file of the core, by its folder: what we replace is not among its exports. */
export function loadCore({ core }: PackageFolders, file: string): unknown {
  return load(join(core, "dist", "cjs", file));
}

