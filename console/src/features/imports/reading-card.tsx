// What the bytes of a file do not say: separators, marks, zone, and what a line is. Guessed from the first lines, and confirmed
// by whoever knows the file.
import { Checkbox, SegmentedControl, Select, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { ImportSample } from "@tributary/schema/api/import-sample.ts";
import { texts } from "../../texts/texts.ts";
import { Card } from "../../ui/page.tsx";
import type { MappingForm } from "./mapping-form.ts";

const t = texts.imports;

export interface Reading {
  readonly zone: string;
  readonly mark: "." | "," | "";
  readonly isConfirmed: boolean;
}

export interface ReadingCardProps {
  readonly sample: ImportSample;
  readonly reading: Reading;
  readonly form: MappingForm | undefined;
  readonly onReading: (reading: Reading) => void;
  readonly onForm: (form: MappingForm) => void;
}

const zones: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

export function ReadingCard({ sample, reading, form, onReading, onForm }: ReadingCardProps): ReactNode {
  const { guess } = sample;
  const set = (change: Partial<Reading>): void => onReading({ ...reading, isConfirmed: false, ...change });
  const delimiters = Object.entries(t.delimiters).map(([value, label]) => ({ value, label }));
  return (
    <Card title={t.steps.reading}>
      <div className="stack" style={{ gap: 12 }}>
        <div className="reading">
          {guess.format === "csv" && form ? <Select label={t.delimiter} allowDeselect={false} value={form.delimiter} data={delimiters} onChange={(delimiter) => onForm({ ...form, delimiter: delimiter ?? "," })} /> : null}
          <Select label={t.zone} searchable value={reading.zone || null} placeholder={t.zoneNone} data={[...zones]} onChange={(zone) => set({ zone: zone ?? "" })} nothingFoundMessage={texts.palette.nothing} />
          <Select label={t.mark} allowDeselect={false} value={reading.mark || null} data={[{ value: ".", label: t.marks["."] }, { value: ",", label: t.marks[","] }]} onChange={(mark) => set({ mark: mark === "," ? "," : "." })} />
        </div>
        {form ? (
          <div className="row wrap">
            <span>{t.kind}</span>
            <SegmentedControl size="xs" aria-label={t.kind} value={form.kind} onChange={(kind) => onForm(withKind(form, kind))} data={[{ value: "people", label: t.kinds.people }, { value: "events", label: t.kinds.events }]} />
            {form.kind === "events" && !form.rows.some(({ to }) => to === "event") ? <TextInput aria-label={t.eventName} placeholder={t.eventName} value={form.eventName} maxLength={512} onChange={(event) => onForm({ ...form, eventName: event.currentTarget.value })} /> : null}
          </div>
        ) : null}
        <p className="dim">{t.guessed}</p>
        <Checkbox label={t.confirm} checked={reading.isConfirmed} disabled={reading.zone === "" || reading.mark === ""} onChange={(event) => onReading({ ...reading, isConfirmed: event.currentTarget.checked })} />
      </div>
    </Card>
  );
}

/** People have no properties: what is told of them are traits. */
function withKind(form: MappingForm, kind: MappingForm["kind"]): MappingForm {
  if (kind === "events") return { ...form, kind };
  return { ...form, kind, rows: form.rows.map((row) => (row.to === "property" || row.to === "event" ? { ...row, to: "trait", path: row.path || row.column } : row)) };
}
