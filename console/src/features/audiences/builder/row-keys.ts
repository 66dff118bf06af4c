// The keyboard on a row's handle: arrows go to the next row; with Alt they move this one, in and out of groups too.
import type { KeyboardEvent } from "react";
import { texts } from "../../../texts/texts.ts";
import type { DraftNode } from "../model/draft.ts";
import { useBuilder } from "./context.ts";

const t = texts.audiences.row;

export function useRowKeys({ id }: DraftNode): (event: KeyboardEvent<HTMLElement>) => void {
  const { edit, selected, toggle, clear, tell } = useBuilder();
  const acts: Readonly<Record<string, (handle: HTMLElement) => void>> = {
    "ArrowDown": (handle) => goTo(handle, 1),
    "ArrowUp": (handle) => goTo(handle, -1),
    "Alt+ArrowDown": () => { edit.step(id, 1); tell(t.moved.down); },
    "Alt+ArrowUp": () => { edit.step(id, -1); tell(t.moved.up); },
    "Alt+ArrowRight": () => { edit.indent(id); tell(t.moved.in); },
    "Alt+ArrowLeft": () => { edit.outdent(id); tell(t.moved.out); },
    " ": () => toggle(id),
    "Enter": (handle) => handle.closest("[data-node]")?.querySelector<HTMLElement>(".tree-body :is(button, select, input, textarea)")?.focus(),
    "Mod+d": () => { edit.duplicate(id); tell(t.moved.duplicated); },
    "Mod+g": () => { edit.group(selected.has(id) ? [...selected] : [id]); clear(); tell(t.moved.grouped); },
    "Delete": (handle) => removeFrom(handle, () => { edit.remove(id); tell(t.moved.removed); }),
    "Backspace": (handle) => removeFrom(handle, () => { edit.remove(id); tell(t.moved.removed); }),
  };
  return (event) => {
    const act = acts[nameOf(event)];
    if (act === undefined) return;
    event.preventDefault();
    act(event.currentTarget);
  };
}

function nameOf(event: KeyboardEvent): string {
  return `${event.altKey ? "Alt+" : ""}${event.ctrlKey || event.metaKey ? "Mod+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
}

const handles = (): readonly HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[data-handle]")];

function goTo(from: HTMLElement, by: 1 | -1): void {
  const all = handles();
  all[all.indexOf(from) + by]?.focus();
}

/** The focus goes to what stands before, else to what is left. */
function removeFrom(handle: HTMLElement, remove: () => void): void {
  const before = handles()[handles().indexOf(handle) - 1]?.dataset["handle"];
  remove();
  requestAnimationFrame(() => (handles().find((one) => one.dataset["handle"] === before) ?? handles()[0] ?? document.querySelector<HTMLElement>(".tree-end button"))?.focus());
}
