// A value as JSON: for what the form has no words for, so that nothing is a dead end. What can't be read yet stays here.
import { Textarea } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";
import type { MappingValue } from "@tributary/schema/destination/mapping.ts";
import { texts } from "../../../../texts/texts.ts";
import { formOf } from "../model/value-form.ts";
import { useUnfinished, useValuesState } from "./context.ts";
import type { EditorProps } from "./editor-props.ts";

const t = texts.subscriptions.values;

/** Stays JSON while somebody writes, whatever the form could make of it; another way of filling is chosen in the word before it. */
export function JsonValueEditor({ form: { value }, onChange, label }: EditorProps<"json">): ReactNode {
  const { isReadOnly } = useValuesState();
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const read = readJson(text);
  useUnfinished(read === undefined);
  useEffect(() => {
    if (JSON.stringify(readJson(text)?.value) !== JSON.stringify(value)) setText(JSON.stringify(value, null, 2));
  }, [value]);
  return (
    <div className="value-below">
      <Textarea
        aria-label={t.jsonOf(label)} autosize minRows={3} maxRows={16} spellCheck={false} dir="ltr" readOnly={isReadOnly} classNames={{ input: "mono" }} value={text} error={read === undefined ? t.noJson : undefined}
        onChange={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          const made = readJson(next);
          if (made !== undefined) onChange({ kind: "json", value: made.value });
        }}
      />
      {formOf(value).kind === "json" ? <span className="dim value-hint">{t.jsonHint}</span> : null}
    </div>
  );
}

function readJson(text: string): { readonly value: MappingValue } | undefined {
  try {
    return { value: JSON.parse(text) as MappingValue }; // Whatever JSON there is.
  } catch {
    return undefined;
  }
}
