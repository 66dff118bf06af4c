// Folders as a tree: names joined by slashes, each with how many audiences are in it and below it.
import { IconFolder, IconFolders } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { fullNumber } from "../../ui/format.ts";

const t = texts.audiences.folders;

interface FolderCount {
  readonly folder: string;
  readonly count: number;
}

export interface FolderRow extends FolderCount {
  readonly depth: number;
  readonly name: string;
}

/** Every folder and every one around it, in order. */
export function folderRows(folders: readonly FolderCount[]): readonly FolderRow[] {
  const counts = new Map<string, number>();
  for (const { folder, count } of folders) {
    const parts = folder === "" ? [] : folder.split("/");
    parts.forEach((_, index) => {
      const path = parts.slice(0, index + 1).join("/");
      counts.set(path, (counts.get(path) ?? 0) + count);
    });
  }
  return [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([folder, count]) => ({ folder, count, depth: folder.split("/").length - 1, name: folder.split("/").at(-1) ?? folder }));
}

export function Folders({ folders, chosen, onChoose }: { readonly folders: readonly FolderCount[]; readonly chosen: string | undefined; readonly onChoose: (folder: string | undefined) => void }): ReactNode {
  const all = folders.reduce((sum, { count }) => sum + count, 0);
  return (
    <nav className="folders" aria-label={t.label}>
      <button type="button" aria-current={chosen === undefined} onClick={() => onChoose(undefined)}><IconFolders size={15} aria-hidden /><span className="grow cut">{t.all}</span><span className="dim figure">{fullNumber(all)}</span></button>
      {folderRows(folders).map(({ folder, name, depth, count }) => (
        <button type="button" key={folder} aria-current={chosen === folder} style={{ paddingInlineStart: 8 + depth * 14 }} onClick={() => onChoose(folder)}><IconFolder size={15} aria-hidden /><bdi className="grow cut">{name}</bdi><span className="dim figure">{fullNumber(count)}</span></button>
      ))}
    </nav>
  );
}
