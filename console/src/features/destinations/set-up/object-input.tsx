// Names with values: headers, columns, parameters. Fields that an object declares have an input of their own each.
import { ActionIcon, Button, Input, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import type { Field } from "@tributary/schema/destination/definition.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { texts } from "../../../texts/texts.ts";
import { formFields } from "./form-fields.ts";
import { textOf, type FieldInputProps, type InputProps } from "./input-props.ts";

const t = texts.setUp.fields;
const ROWS_MAX = 100;

interface ObjectInputProps extends InputProps {
  /** A secret is kept there: what is typed takes its place. */
  readonly isKept: boolean;
  /** The input of any field. */
  readonly Inner: (props: FieldInputProps) => ReactNode;
}

export function ObjectInput(props: ObjectInputProps): ReactNode {
  const properties: readonly Field[] = props.field.properties ?? [];
  return properties.length > 0 && !props.field.isMultiple && !props.field.takesMore ? <Declared {...props} properties={properties} /> : <NamesWithValues {...props} />;
}

function Declared({ properties, Inner, id, label, description, error, disabled, value, onChange }: ObjectInputProps & { readonly properties: readonly Field[] }): ReactNode {
  const draft = isRecord(value) ? value : {};
  return (
    <fieldset className="field-group" id={id} tabIndex={-1}>
      <legend>{label}</legend>
      {description ? <Input.Description>{description}</Input.Description> : null}
      {error ? <Input.Error>{error}</Input.Error> : null}
      {formFields(properties, draft).map((form) => (
        <Inner
          key={form.field.key} form={form} value={draft[form.field.key]} problem={undefined} disabled={disabled}
          onChange={(next) => onChange({ ...draft, [form.field.key]: next })}
        />
      ))}
    </fieldset>
  );
}

type Row = readonly [name: string, value: string];

/** Rows as they are typed, two of them without a name yet, too; what is handed on are those with a name. */
function NamesWithValues({ id, label, description, error, disabled, withAsterisk, isKept, value, onChange }: ObjectInputProps): ReactNode {
  const [rows, setRows] = useState<readonly Row[]>(() => (isRecord(value) ? Object.entries(value).map(([name, one]): Row => [name, typeof one === "object" ? JSON.stringify(one) : textOf(one)]) : []));
  const set = (next: readonly Row[]): void => {
    setRows(next);
    const named = next.filter(([name]) => name.trim() !== "");
    onChange(named.length === 0 ? undefined : Object.fromEntries(named.map(([name, one]) => [name.trim(), one])));
  };
  const change = (at: number, row: Row): void => set(rows.map((one, index) => (index === at ? row : one)));
  return (
    <fieldset className="field-group" id={id} tabIndex={-1} aria-required={withAsterisk}>
      <legend>{label}{withAsterisk ? <span aria-hidden className="asterisk"> *</span> : null}</legend>
      {description ? <Input.Description>{description}</Input.Description> : null}
      {isKept ? <Input.Description>{value === null ? t.takenAway : t.keptObject}</Input.Description> : null}
      {rows.map(([name, one], at) => (
        <div key={at} className="row">
          <TextInput className="grow" aria-label={t.nameOf(label, at + 1)} placeholder={t.name} value={name} disabled={disabled} maxLength={200} onChange={(event) => change(at, [event.currentTarget.value, one])} />
          <TextInput className="grow" aria-label={t.valueOf(label, at + 1)} placeholder={t.value} value={one} disabled={disabled} maxLength={4_000} autoComplete="off" onChange={(event) => change(at, [name, event.currentTarget.value])} />
          <ActionIcon aria-label={t.removeRow(label, at + 1)} disabled={disabled} onClick={() => set(rows.filter((_, index) => index !== at))}><IconX size={15} /></ActionIcon>
        </div>
      ))}
      {error ? <Input.Error>{error}</Input.Error> : null}
      <div className="row wrap">
        <Button variant="default" leftSection={<IconPlus size={14} aria-hidden />} disabled={disabled || rows.length >= ROWS_MAX} aria-label={t.addRow(label)} onClick={() => setRows([...rows, ["", ""]])}>{t.add}</Button>
        {isKept && !withAsterisk ? <Button variant="default" disabled={disabled} aria-label={value === null ? t.keepLabel(label) : t.takeAwayLabel(label)} onClick={() => onChange(value === null ? undefined : null)}>{value === null ? t.keep : t.takeAway}</Button> : null}
      </div>
    </fieldset>
  );
}
