// What the rows of a builder know of each other and of the server's answers.
import { createContext, useContext } from "react";
import type { DraftEdit } from "./use-draft.ts";

export interface RowProblem {
  readonly message: string;
  readonly hint: string | null;
  readonly isWarning: boolean;
}

export interface BuilderState {
  readonly edit: DraftEdit;
  readonly problems: ReadonlyMap<string, readonly RowProblem[]>;
  /** How many people meet each row on its own, by its id. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly selected: ReadonlySet<string>;
  readonly toggle: (id: string) => void;
  readonly clear: () => void;
  /** Says what was done to those who do not see it. */
  readonly tell: (text: string) => void;
}

const Context = createContext<BuilderState | undefined>(undefined);
export const BuilderProvider = Context.Provider;

export function useBuilder(): BuilderState {
  const state = useContext(Context);
  if (state === undefined) throw new Error("Only within a builder.");
  return state;
}
