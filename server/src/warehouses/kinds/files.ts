// Files on this server that whoever runs it put into the folder of the workspace, below the data directory. Links that lead out of it are
// not followed.
import { createReadStream } from "node:fs";
import { open, realpath, readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { defineWarehouse, type At } from "../define-warehouse.ts";
import { isName } from "../file-names.ts";
import { FILES_MAX, openFiles } from "../file-reading.ts";
import type { StoredFile } from "../file-rows.ts";
import { WarehouseError } from "../warehouse.ts";

export const files = defineWarehouse({
  slug: "files",
  name: "Files on this server",
  description: "Reads CSV, NDJSON and Parquet files from the workspace's folder below the data directory.",
  reads: "files",
  notes: ["The folder is `warehouse-files/` and the number of the workspace, in the data directory. Whoever runs the server puts files there."],
  proof: "server",
  settings: [{ key: "folder", label: "Folder", type: "string", placeholder: "orders", description: "Below the folder of the workspace." }],
  check: ({ folder }) => (folder === undefined || (typeof folder === "string" && /^([\w .-]+(\/[\w .-]+)*\/?)?$/.test(folder) && !folder.split("/").some((part) => part === ".." || part === ".")) ? [] : [{ field: "folder", problem: "A folder is named by letters, digits, spaces, _, - and ., and / between them." }]),
  places: () => [],
  async test(at) {
    const startedAtMs = at.parts.nowMs();
    const count = (await listed(at)).length;
    at.record({ method: "LIST", url: `file://${String(at.settings["folder"] ?? "")}/`, requestHeaders: {}, requestBody: "", status: undefined, responseHeaders: {}, responseBody: `${count} files`, startedAtMs, tookMs: 0 });
  },
  open: (at, query, want) => openFiles(query, want, async (pattern) => (await listed(at)).filter(({ name }) => isName(pattern, name))),
  async tables(at, search) {
    return (await listed(at)).filter(({ name }) => name.toLowerCase().includes(search.toLowerCase())).map(({ name, bytes }) => ({ name, bytes, columns: [] }));
  },
});

async function listed(at: At): Promise<StoredFile[]> {
  const base = join(at.parts.filesDirectory, String(at.workspaceId));
  const folder = join(base, String(at.settings["folder"] ?? ""));
  try {
    const real = await realpath(folder);
    const within = relative(await realpath(base), real);
    if (within === ".." || within.startsWith(`..${sep}`)) throw new WarehouseError("refused", "The folder leads out of the workspace's own.");
    const entries = await readdir(real, { recursive: true, withFileTypes: true });
    if (entries.length > FILES_MAX * 2) throw new WarehouseError("too_large", "There are too many files in the folder.");
    const found: StoredFile[] = [];
    // What is no file of its own (a link, a pipe) is none.
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      found.push(fileAt(path, relative(real, path).split(sep).join("/"), (await stat(path)).size));
    }
    return found;
  } catch (error) {
    if (error instanceof WarehouseError) throw error;
    throw new WarehouseError("refused", `The folder can't be read (${String((error as NodeJS.ErrnoException).code ?? "unknown")}): warehouse-files/${at.workspaceId}/${String(at.settings["folder"] ?? "")} in the data directory.`);
  }
}

function fileAt(path: string, name: string, bytes: number): StoredFile {
  return {
    name, bytes,
    stream: () => {
      const body = createReadStream(path);
      return Promise.resolve({ body: body as AsyncIterable<Buffer>, cancel: () => void body.on("error", () => undefined).destroy() }); // Without an encoding it gives Buffers.
    },
    async slice(from, to) {
      const handle = await open(path);
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - from), 0, to - from, from);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    },
  };
}
