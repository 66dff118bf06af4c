// Where a thread has its destinations from: Segment's package, by the slugs of our own list.
import { loadDefinition, packageFolders } from "../definitions/load-package.ts";
import type { OpenDefinitions } from "./thread.ts";

export const open: OpenDefinitions = () => {
  const folders = packageFolders();
  if (!folders) throw new Error("The package @segment/action-destinations is not installed.");
  return (slug) => loadDefinition(folders, slug);
};
