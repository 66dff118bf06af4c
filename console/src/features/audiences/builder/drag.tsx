// Moving rows with the pointer: what is held, and the line where it would go.
import { createContext, useContext, useMemo, useState, type DragEvent, type ReactNode, type RefObject } from "react";
import type { Place } from "../model/moves.ts";
import { useBuilder } from "./context.ts";

interface DragState {
  readonly held: string | undefined;
  readonly over: string | undefined;
  readonly set: (state: { readonly held?: string | undefined; readonly over?: string | undefined }) => void;
}

const Context = createContext<DragState>({ held: undefined, over: undefined, set: () => undefined });

export function DragArea({ children }: { readonly children: ReactNode }): ReactNode {
  const [state, set] = useState<{ readonly held?: string | undefined; readonly over?: string | undefined }>({});
  const value = useMemo(() => ({ held: state.held, over: state.over, set }), [state]);
  return <Context value={value}><div className={state.held === undefined ? "" : "dragging"}>{children}</div></Context>;
}

export function useDrag(id: string) {
  const { set } = useContext(Context);
  return {
    draggable: true,
    onDragStart: (event: DragEvent<HTMLElement>) => {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", id);
      const line = event.currentTarget.closest("[data-node]");
      if (line) event.dataTransfer.setDragImage(line, 8, 8);
      set({ held: id });
    },
    onDragEnd: () => set({}),
  };
}

/** A row takes what is dropped before or after itself, by where the pointer is; without a row, the place itself is meant. */
export function useDropTarget(place: Place, row?: RefObject<HTMLElement | null>) {
  const { edit } = useBuilder();
  const { held, over, set } = useContext(Context);
  const name = `${place.group} ${place.index}`;
  const isAfter = (event: DragEvent): boolean => {
    const line = row?.current?.querySelector(".tree-line")?.getBoundingClientRect();
    return line !== undefined && event.clientY > line.top + line.height / 2;
  };
  const props = {
    onDragOver: (event: DragEvent<HTMLElement>) => {
      if (held === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const next = `${name} ${isAfter(event) ? "after" : "before"}`;
      if (over !== next) set({ held, over: next });
    },
    onDrop: (event: DragEvent<HTMLElement>) => {
      if (held === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      edit.moveTo(held, { group: place.group, index: place.index + (isAfter(event) ? 1 : 0) });
      set({});
    },
  };
  return { props, isOver: over === `${name} before` ? "before" : over === `${name} after` ? "after" : undefined };
}
