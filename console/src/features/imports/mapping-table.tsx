// What each column is, as a table: its first values, what it becomes, under which name and as what.
import { Select, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { SampleColumn } from "@tributary/schema/api/import-sample.ts";
import { texts } from "../../texts/texts.ts";
import { valueText } from "../../ui/format.ts";
import type { ColumnRow, MappingForm } from "./mapping-form.ts";

const t = texts.imports;

export interface MappingTableProps {
  readonly form: MappingForm;
  readonly columns: readonly SampleColumn[];
  readonly onChange: (form: MappingForm) => void;
}

export function MappingTable({ form, columns, onChange }: MappingTableProps): ReactNode {
  const set = (changed: ColumnRow): void => onChange({ ...form, rows: form.rows.map((row) => (row.column === changed.column ? changed : isFreed(row, changed) ? { ...row, to: "none" } : row)) });
  return (
    <table className="map-table">
      <thead><tr><th scope="col" style={{ width: "30%" }}>{t.column}</th><th scope="col">{t.becomes}</th><th scope="col">{t.path}</th><th scope="col" style={{ width: "22%" }}>{t.type}</th></tr></thead>
      <tbody>{form.rows.map((row, index) => <Row key={`${index} ${row.column}`} row={row} column={columns.find(({ name }) => name === row.column)} kind={form.kind} onChange={set} />)}</tbody>
    </table>
  );
}

/** Of an id or a time there is one. */
function isFreed(row: ColumnRow, changed: ColumnRow): boolean {
  return changed.to !== "trait" && changed.to !== "property" && changed.to !== "none" && row.to === changed.to;
}

interface RowProps {
  readonly row: ColumnRow;
  readonly column: SampleColumn | undefined;
  readonly kind: MappingForm["kind"];
  readonly onChange: (row: ColumnRow) => void;
}

function Row({ row, column, kind, onChange }: RowProps): ReactNode {
  const targets = (Object.keys(t.targets) as ColumnRow["to"][]).filter((to) => kind === "events" || (to !== "event" && to !== "property")).map((value) => ({ value, label: t.targets[value] }));
  const isNamed = row.to === "trait" || row.to === "property";
  const isTyped = isNamed || row.to === "timestamp";
  return (
    <tr>
      <td><strong><bdi>{valueText(row.column, 80)}</bdi></strong><div className="samples"><bdi>{(column?.samples ?? []).map((value) => valueText(value, 40)).join(" · ")}</bdi></div></td>
      <td><Select size="xs" aria-label={t.becomesLabel(row.column)} allowDeselect={false} value={row.to} data={targets} onChange={(to) => onChange({ ...row, to: (to ?? "none") as ColumnRow["to"], path: row.path || row.column })} /></td>
      <td>{isNamed ? <TextInput size="xs" aria-label={t.pathLabel(row.column)} value={row.path} maxLength={512} onChange={(event) => onChange({ ...row, path: event.currentTarget.value })} /> : null}</td>
      <td>
        {isTyped ? (
          <div className="stack">
            {isNamed ? <Select size="xs" aria-label={t.typeLabel(row.column)} allowDeselect={false} value={row.type} data={(["text", "number", "boolean", "time"] as const).map((value) => ({ value, label: t.types[value] }))} onChange={(type) => onChange({ ...row, type: (type ?? "text") as ColumnRow["type"] })} /> : null}
            {row.type === "time" || row.to === "timestamp" ? <TextInput size="xs" aria-label={t.formatLabel(row.column)} placeholder="d.M.yyyy HH:mm" value={row.time_format ?? ""} maxLength={100} onChange={(event) => onChange({ ...row, time_format: event.currentTarget.value })} /> : null}
          </div>
        ) : null}
      </td>
    </tr>
  );
}
