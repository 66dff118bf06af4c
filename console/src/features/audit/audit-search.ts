// What the address of the audit log holds: the filters, and the entry that is open.
export interface AuditSearch {
  readonly action?: string;
  readonly actor?: string;
  readonly target?: string;
  readonly text?: string;
  /** Days of the viewer's zone, as `2026-05-01`. */
  readonly from?: string;
  readonly to?: string;
  readonly open?: number;
}

const filters = ["action", "actor", "target", "text"] as const;
const LENGTH_MAX = 200;

export function auditSearch(search: Record<string, unknown>): AuditSearch {
  const texts = filters.flatMap((name) => {
    const value = search[name];
    // The router reads `?text=5` as a number.
    const text = typeof value === "string" || typeof value === "number" ? String(value).slice(0, LENGTH_MAX) : "";
    return text === "" ? [] : [[name, text] as const];
  });
  const days = (["from", "to"] as const).flatMap((name) => (isDay(search[name]) ? [[name, search[name]] as const] : []));
  const open = search["open"];
  return { ...Object.fromEntries([...texts, ...days]), ...(typeof open === "number" && Number.isSafeInteger(open) && open > 0 ? { open } : {}) };
}

function isDay(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
}

/** As the API wants them: times, `to` being the end of its day. */
export function auditQuery({ open: _, from, to, ...rest }: AuditSearch): Readonly<Record<string, string>> {
  return { ...rest, ...(from === undefined ? {} : { from: startOf(from, 0) }), ...(to === undefined ? {} : { to: startOf(to, 1) }) };
}

function startOf(day: string, plusDays: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + plusDays).toISOString();
}
