// What a builder gives its rows: the edits, what the server says of each, and which are chosen.
import { useMemo, useState } from "react";
import type { BuilderState } from "./context.ts";
import type { DraftEdit } from "./use-draft.ts";

export function useRows(edit: DraftEdit, { problems, sizes }: Pick<BuilderState, "problems" | "sizes">): BuilderState {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  return useMemo(() => ({
    edit, problems, sizes, selected, tell,
    toggle: (id) => setSelected((now) => new Set(now.has(id) ? [...now].filter((one) => one !== id) : [...now, id])),
    clear: () => setSelected(new Set()),
  }), [edit, problems, sizes, selected]);
}

/** Says it at the page's place for such words. */
export function tell(text: string): void {
  const place = document.querySelector("[data-told]");
  if (place) place.textContent = text;
}
