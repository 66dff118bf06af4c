// Files in a folder of this server, below its data directory: each workspace in its own, and nowhere else.
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Outcome } from "../destination.ts";
import { defineDestination, type At, type OwnAction } from "./define-destination.ts";
import { batchFile, fileBatch, fileFields, fileNote, fileProblems, folderProblem, formatOf, formatSetting, refusedFile, type BatchFile } from "./file-batch.ts";
import { layoutAction } from "./file-layout.ts";

const write: OwnAction = {
  definition: { key: "write", name: "Write events", description: "One file for each batch, by day.", fields: fileFields, batch: fileBatch },
  check: (payload, { connection }) => fileProblems(payload, formatOf(connection.settings["format"])),
  async send(at) {
    const file = await refusedFile(() => batchFile(at.items, formatOf(at.settings["format"]), at.request.batchId));
    return "kind" in file ? file : await written(at, file);
  },
};

export const files = defineDestination({
  slug: "files",
  name: "Files on this server",
  description: "Writes events into files below the data directory of this server.",
  category: "warehouse",
  notes: [fileNote],
  authentication: "none",
  isStatusAll: true,
  hasFixedBatches: true,
  settings: [
    { key: "folder", label: "Folder", type: "string", placeholder: "orders", description: "Below the folder of the workspace." },
    formatSetting,
  ],
  actions: [write, layoutAction(written)],
  presets: [],
  check: ({ folder }) => {
    const problem = folderProblem(folder);
    return problem === undefined ? [] : [{ field: "folder", problem }];
  },
  test: (at) => written(at, { path: "test.txt", content: Buffer.from("Tributary tries this folder.\n"), contentType: "text/plain" }),
});

async function written({ connection, settings, parts }: At, { path, content }: BatchFile): Promise<Outcome> {
  // Checked when it was saved; what came another way is no reason to leave the folder.
  if (folderProblem(settings["folder"]) !== undefined) return { kind: "retry", code: "bad_folder", detail: "The folder can't be written to.", isOfDestination: true };
  const file = join(parts.filesDirectory, String(connection.workspaceId), String(connection.destinationId), String(settings["folder"] ?? ""), path);
  const half = `${file}.part`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(half, "w");
    try {
      await handle.writeFile(content);
      // Told as delivered only when it is on the disk.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(half, file);
    return { kind: "delivered" };
  } catch (error) {
    await rm(half, { force: true }).catch(() => undefined);
    const code = String((error as NodeJS.ErrnoException).code ?? "unknown"); // Errors of the file system have one.
    return { kind: "retry", code: code.toLowerCase(), detail: `The file could not be written (${code}).`, isOfDestination: true };
  }
}
