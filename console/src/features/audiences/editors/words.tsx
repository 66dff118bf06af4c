// The small parts of a sentence that are changed where they stand: a word chosen from a few, a number, a day, a text.
import { useEffect, useState, type ReactNode } from "react";

export interface WordSelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
}

export function WordSelect({ label, value, options, onChange }: WordSelectProps): ReactNode {
  // A value of a later version stays, and can be seen.
  const all = options.some((one) => one.value === value) ? options : [{ value, label: value }, ...options];
  return (
    <select className="word-select" aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {all.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}
    </select>
  );
}

export interface WordNumberProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly onChange: (value: number | undefined) => void;
  readonly isWhole?: boolean;
  readonly least?: number;
}

/** What is typed stays as it is typed; only what reads as a number becomes the value. */
export function WordNumber({ label, value, onChange, isWhole = false, least }: WordNumberProps): ReactNode {
  const [text, setText] = useState(value === undefined ? "" : String(value));
  const read = numberOf(text, isWhole);
  useEffect(() => {
    if (numberOf(text, isWhole) !== value) setText(value === undefined ? "" : String(value));
  }, [value]);
  const isWrong = text !== "" && (read === undefined || (least !== undefined && read < least));
  return (
    <input
      className="word-input number" inputMode={isWhole ? "numeric" : "decimal"} aria-label={label} value={text} aria-invalid={isWrong || undefined} size={Math.max(2, text.length)} maxLength={20}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        const number = numberOf(next, isWhole);
        if (number !== value && (number === undefined || least === undefined || number >= least)) onChange(number);
      }}
    />
  );
}

function numberOf(text: string, isWhole: boolean): number | undefined {
  const plain = text.trim().replace(",", ".");
  if (!(isWhole ? /^\d{1,12}$/ : /^-?\d{1,15}(\.\d{1,9})?$/).test(plain)) return undefined;
  return Number(plain);
}

export interface WordTextProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly onChange: (value: string) => void;
}

export function WordText({ label, value, placeholder, onChange }: WordTextProps): ReactNode {
  return <input className="word-input" aria-label={label} value={value} placeholder={placeholder} maxLength={1_024} size={Math.min(40, Math.max(8, value.length || (placeholder?.length ?? 0)))} dir="auto" onChange={(event) => onChange(event.currentTarget.value)} />;
}

/** A time, which was written elsewhere, stays as it is written. */
export function WordDay({ label, value, onChange }: { readonly label: string; readonly value: string; readonly onChange: (value: string) => void }): ReactNode {
  if (value.length > 10) return <WordText label={label} value={value} onChange={onChange} />;
  return <input type="date" className="word-input" aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
}
