// The input of one field that a destination declares, by its type: text, number, switch, choice, several values, names with values.
import { MultiSelect, NativeSelect, NumberInput, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { DescriptionOf } from "./field-description.tsx";
import { isNothing } from "./form-fields.ts";
import { inputId, textOf, type CommonProps, type FieldInputProps, type InputProps } from "./input-props.ts";
import { ObjectInput } from "./object-input.tsx";
import { OfferedInput } from "./offered-input.tsx";
import { SecretInput } from "./secret-input.tsx";

const t = texts.setUp.fields;
const TEXT_LENGTH_MAX = 20_000;

export function FieldInput(props: FieldInputProps): ReactNode {
  const { form: { field, isRequired, isSecret, kept }, problem, disabled = false, value, onChange, offering } = props;
  const common: CommonProps = {
    id: inputId(field.key), label: field.label, description: <DescriptionOf field={field} />, error: problem, withAsterisk: isRequired, "aria-required": isRequired, disabled,
  };
  if (field.type === "object") return <ObjectInput {...common} field={field} isKept={kept !== undefined} Inner={FieldInput} value={value} onChange={onChange} />;
  if (isSecret) return <SecretInput {...common} isRequired={isRequired} kept={kept} value={value} onChange={onChange} />;
  if (field.isMultiple) return <SeveralInput {...common} field={field} value={value} onChange={onChange} />;
  if (field.isDynamic && offering) return <OfferedInput {...common} field={field} offering={offering} value={value} onChange={onChange} />;
  if (field.choices !== undefined && field.choices.length > 0) return <ChoiceInput {...common} field={field} value={value} onChange={onChange} />;
  return <PlainInput {...common} field={field} value={value} onChange={onChange} />;
}

function PlainInput({ field: { type, placeholder, minimum, maximum }, value, onChange, ...common }: InputProps): ReactNode {
  const example = placeholder === undefined ? {} : { placeholder };
  switch (type) {
    case "boolean":
      return <Switch id={common.id} label={common.label} description={common.description} error={common.error} disabled={common.disabled} checked={value === true || value === "true"} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case "number": case "integer":
      return (
        <NumberInput
          {...common} {...example} w={260} hideControls clampBehavior="none" allowDecimal={type === "number"} thousandSeparator={false} value={typeof value === "number" || typeof value === "string" ? value : ""}
          {...(minimum === undefined ? {} : { min: minimum })} {...(maximum === undefined ? {} : { max: maximum })} onChange={(next) => onChange(next === "" ? undefined : next)}
        />
      );
    case "text":
      return <Textarea {...common} {...example} autosize minRows={2} maxRows={12} maxLength={TEXT_LENGTH_MAX} value={textOf(value)} onChange={(event) => onChange(event.currentTarget.value)} />;
    default:
      return <TextInput {...common} {...example} autoComplete="off" spellCheck={false} maxLength={TEXT_LENGTH_MAX} value={textOf(value)} onChange={(event) => onChange(event.currentTarget.value)} />;
  }
}

/** The value of a choice may be a number or yes and no; in the list it stands as text. */
function ChoiceInput({ field: { choices = [] }, value, onChange, ...common }: InputProps): ReactNode {
  const known = choices.some((one) => String(one.value) === textOf(value));
  const data = [
    ...(known && common.withAsterisk ? [] : [{ value: "", label: known ? t.noChoice : isNothing(value) ? t.noChoice : textOf(value) }]), ...choices.map((one) => ({ value: String(one.value), label: one.label })),
  ];
  return <NativeSelect {...common} data={data} value={known ? textOf(value) : ""} onChange={(event) => onChange(choices.find((one) => String(one.value) === event.currentTarget.value)?.value)} />;
}

function SeveralInput({ field: { choices = [], placeholder, type }, value, onChange, ...common }: InputProps): ReactNode {
  const values = (Array.isArray(value) ? value : isNothing(value) ? [] : [value]).map(String);
  if (choices.length > 0) {
    return (
      <MultiSelect
        {...common} data={choices.map((one) => ({ value: String(one.value), label: one.label }))} value={values} searchable hidePickedOptions
        onChange={(next) => onChange(next.map((one) => choices.find((choice) => String(choice.value) === one)?.value ?? one))}
      />
    );
  }
  const isNumeric = type === "number" || type === "integer";
  const typed = (one: string): string | number => (isNumeric && one.trim() !== "" && Number.isFinite(Number(one)) ? Number(one) : one);
  return <TagsInput {...common} {...(placeholder === undefined ? {} : { placeholder })} value={values} splitChars={[]} acceptValueOnBlur onChange={(next) => onChange(next.map(typed))} />;
}
