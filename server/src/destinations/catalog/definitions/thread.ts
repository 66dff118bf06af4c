// Loads all of Segment's catalog once, makes definitions of it, and ends: in a thread, so that the server's never holds it.
import { parentPort } from "node:worker_threads";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { categories } from "./categories.ts";
import { convertDefinition } from "./convert.ts";
import { loadDefinition, loadFilterParser, nameInPackage, packageFolders } from "./load-package.ts";

export type FromDefinitionsThread =
  | { readonly kind: "made"; readonly lines: string; readonly failed: readonly { readonly slug: string; readonly problem: string }[] }
  | { readonly kind: "missing" };

function make(): FromDefinitionsThread {
  const folders = packageFolders();
  if (!folders) return { kind: "missing" };
  const parse = loadFilterParser();
  const made: DestinationDefinition[] = [];
  const failed: { slug: string; problem: string }[] = [];
  for (const slug of categories.keys()) {
    try {
      made.push(convertDefinition(slug, { ...loadDefinition(folders, slug), name: nameInPackage(folders, slug) }, parse));
    } catch (error) {
      // One broken destination must not take the others with it.
      failed.push({ slug, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  made.sort((one, other) => one.name.localeCompare(other.name, "en"));
  return { kind: "made", lines: made.map((one) => `${JSON.stringify(one)}\n`).join(""), failed };
}

parentPort?.postMessage(make());
