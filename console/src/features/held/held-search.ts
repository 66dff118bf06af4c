// What the address of the held events holds: which list, which reason, and the event that is open.
export interface HeldSearch {
  readonly tab?: "refused";
  readonly reason?: string;
  readonly status?: "resent" | "discarded";
  /** The held event in the panel, by its position in the log. */
  readonly row?: number;
  /** The refused write in the panel. */
  readonly write?: string;
}

export function heldSearch({ tab, reason, status, row, write }: Record<string, unknown>): HeldSearch {
  return {
    ...(tab === "refused" ? { tab } : {}),
    ...((typeof reason === "string" && reason !== "") || typeof reason === "number" ? { reason: String(reason).slice(0, 200) } : {}),
    ...(status === "resent" || status === "discarded" ? { status } : {}),
    ...(Number.isSafeInteger(row) && Number(row) >= 0 ? { row: Number(row) } : {}),
    ...(typeof write === "string" && /^\d{1,16}-\d{1,9}$/.test(write) ? { write } : {}),
  };
}
