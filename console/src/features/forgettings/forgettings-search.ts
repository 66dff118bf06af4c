// What the address of forgotten people holds: the one in the panel, and whom the dialog is about.
export interface ForgettingsSearch {
  readonly open?: number;
  /** The dialog is open: with an id of the person, or with none yet. */
  readonly forget?: string;
}

export function forgettingsSearch({ open, forget }: Record<string, unknown>): ForgettingsSearch {
  return {
    ...(Number.isSafeInteger(open) && Number(open) > 0 ? { open: Number(open) } : {}),
    ...(typeof forget === "string" ? { forget: forget.slice(0, 2_200) } : {}),
  };
}
