// Fields one below the other, each with what is wrong with it.
import type { ReactNode } from "react";
import { FieldInput } from "./field-input.tsx";
import type { Draft, FormField } from "./form-fields.ts";
import type { Offering } from "./input-props.ts";

export interface FieldListProps {
  readonly fields: readonly FormField[];
  readonly draft: Draft;
  readonly problems: ReadonlyMap<string, string>;
  readonly disabled?: boolean | undefined;
  readonly offering?: Offering | undefined;
  readonly onChange: (key: string, value: unknown) => void;
}

export function FieldList({ fields, draft, problems, disabled, offering, onChange }: FieldListProps): ReactNode {
  return fields.map((form) => (
    <FieldInput
      key={form.field.key} form={form} value={draft[form.field.key]} problem={problems.get(form.field.key)} disabled={disabled} offering={offering}
      onChange={(value) => onChange(form.field.key, value)}
    />
  ));
}
