// What a file that leaves the console is called; schema/src/csv.ts writes it.

/** `Sources 2026-11-22` → `sources-2026-11-22.csv`: nothing that a file system or a header would trip over. */
export function csvFileName(title: string, nowMs: number): string {
  const name = title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  return `${name === "" ? "table" : name}-${new Date(nowMs).toISOString().slice(0, 10)}.csv`;
}
