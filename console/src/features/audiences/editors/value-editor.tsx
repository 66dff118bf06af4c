// The values of a test, with a control for each kind of comparison; suggestions come with how often each value was seen.
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { AudienceValues } from "@tributary/schema/api/audiences.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { texts } from "../../../texts/texts.ts";
import { valueText } from "../../../ui/format.ts";
import { shapeOf, withoutUndefined, type Duration, type Literal, type Test, type ValueKind } from "../model/condition.ts";
import { valuesQuery, type ValueWish } from "../queries.ts";
import { Picker, type PickerGroup } from "./picker.tsx";
import { WordDay, WordNumber, WordSelect, WordText } from "./words.tsx";
import { ByClockOf } from "./zone-note.tsx";

const t = texts.audiences;
const TYPING_MS = 180;

export interface ValueEditorProps {
  readonly test: Test;
  readonly kind: ValueKind;
  readonly wish: ValueWish | undefined;
  /** What is compared, for labels. */
  readonly name: string;
  readonly onChange: (test: Test, mark?: string) => void;
  readonly opensAtOnce?: boolean;
}

export function ValueEditor(props: ValueEditorProps): ReactNode {
  const { test, name, onChange } = props;
  const set = (change: Partial<Test>, mark: string): void => onChange(withoutUndefined({ ...test, ...change }), mark);
  const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  switch (shapeOf(test.op)) {
    case "none":
      return null;
    case "number":
      return <WordNumber label={t.value.of(name)} value={number(test.value)} onChange={(value) => set({ value }, "value")} />;
    case "between":
      return <><WordNumber label={t.value.from(name)} value={number(test.from)} onChange={(from) => set({ from }, "from")} /><span>{t.value.and}</span><WordNumber label={t.value.to(name)} value={number(test.to)} onChange={(to) => set({ to }, "to")} /></>;
    case "time":
      return <><WordDay label={t.value.of(name)} value={String(test.value ?? "")} onChange={(value) => set({ value }, "value")} /><ByClockOf value={test.value} /></>;
    case "duration":
      return <DurationWords value={test.value} onChange={(value) => set({ value }, "value")} />;
    case "anniversary":
      return <AnniversaryWords test={test} onChange={onChange} />;
    case "many":
      return <ManyValues {...props} />;
    case "one":
      return props.kind === "boolean" || typeof test.value === "boolean"
        ? <WordSelect label={t.value.of(name)} value={String(test.value)} options={[{ value: "true", label: t.value.yes }, { value: "false", label: t.value.no }]} onChange={(value) => set({ value: value === "true" }, "value")} />
        : isPattern(test.op) ? <WordText label={t.value.of(name)} value={String(test.value ?? "")} placeholder={t.value.text} onChange={(value) => set({ value }, "value")} /> : <OneValue {...props} />;
  }
}

const isPattern = (op: string): boolean => ["contains", "does_not_contain", "starts_with", "ends_with", "matches"].includes(op);

/** What was typed, as the values of this field are: text that looks like a number stays text where the others are text. */
export function literalOf(text: string, kind: ValueKind): Literal {
  if (kind === "number" && /^-?\d{1,15}(\.\d{1,9})?$/.test(text)) return Number(text);
  return kind === "boolean" && (text === "true" || text === "false") ? text === "true" : text;
}

export function useValues(wish: ValueWish | undefined, isOpen: boolean, search: string): { readonly values: AudienceValues | undefined; readonly groups: readonly PickerGroup[] | undefined; readonly note: string | undefined } {
  const [wanted] = useDebouncedValue(search.trim(), TYPING_MS);
  const { data, error } = useQuery({ ...valuesQuery(wish ?? { place: "property", event: "", path: "-" }, wanted), enabled: isOpen && wish !== undefined });
  const groups = wish === undefined || error ? [] : data && [{ title: t.value.suggested, options: data.data.map(({ value, count }) => ({ value: JSON.stringify(value), label: valueText(value, 120), count })) }];
  return { values: data, groups, note: error ? t.value.noSuggestions : data?.masked ? t.value.masked : undefined };
}

function OneValue({ test, kind, wish, name, onChange, opensAtOnce = false }: ValueEditorProps): ReactNode {
  const [isOpen, setIsOpen] = useState(opensAtOnce);
  const [search, setSearch] = useState("");
  const { values, groups, note } = useValues(wish, isOpen, search);
  const isUnset = test.value === undefined;
  return (
    <Picker
      label={t.value.of(name)} placeholder={t.value.search} groups={groups} isPlaceholder={isUnset} opensAtOnce={opensAtOnce} note={note}
      onOpen={() => setIsOpen(true)} onSearch={setSearch} other={t.value.use} isOtherFirst onPick={(picked) => onChange({ ...test, value: pickedValue(picked, values, kind) })}
    >
      {isUnset ? t.value.choose : <bdi className="cut">{valueText(test.value, 80)}</bdi>}
    </Picker>
  );
}

/** A suggestion is picked by its JSON, anything else by what was typed. */
export function pickedValue(picked: string, values: AudienceValues | undefined, kind: ValueKind): Literal {
  return values?.data.find(({ value }) => JSON.stringify(value) === picked)?.value ?? literalOf(picked, kind);
}

function ManyValues({ test, kind, wish, name, onChange }: ValueEditorProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const [search, setSearch] = useState("");
  const { values: known, groups, note } = useValues(wish, isOpen, search);
  const values = test.values ?? [];
  const marked = groups?.map(({ title, options }) => ({ title, options: options.map((one) => ({ ...one, isChosen: values.some((value) => JSON.stringify(value) === one.value) })) }));
  const toggle = (picked: string): void => {
    const value = pickedValue(picked, known, kind);
    onChange({ ...test, values: values.includes(value) ? values.filter((one) => one !== value) : [...values, value] });
  };
  return (
    <>
      {values.slice(0, SHOWN_MAX).map((value) => (
        <span key={JSON.stringify(value)} className="word-chip"><bdi className="cut">{valueText(value, 60)}</bdi><button type="button" aria-label={t.value.remove(valueText(value, 60))} onClick={() => onChange({ ...test, values: values.filter((one) => one !== value) })}>×</button></span>
      ))}
      {values.length > SHOWN_MAX ? <span className="dim">{t.value.more(values.length - SHOWN_MAX)}</span> : null}
      <Picker label={t.value.of(name)} placeholder={t.value.search} groups={marked} isPlaceholder={values.length === 0} staysOpen note={note} onOpen={() => setIsOpen(true)} onSearch={setSearch} other={t.value.use} isOtherFirst onPick={toggle} variant={values.length === 0 ? "word" : "add"}>
        {values.length === 0 ? t.value.choose : t.value.or}
      </Picker>
    </>
  );
}

const SHOWN_MAX = 12;

export const units = ["minute", "hour", "day", "week", "month", "quarter", "year"] as const;

export function durationOf(value: unknown): Duration {
  return isRecord(value) && typeof value["last"] === "number" && typeof value["unit"] === "string" ? { last: value["last"], unit: value["unit"] } : { last: 30, unit: "day" };
}

export function DurationWords({ value, onChange }: { readonly value: unknown; readonly onChange: (value: Duration) => void }): ReactNode {
  const { last, unit } = durationOf(value);
  return (
    <>
      <WordNumber isWhole least={1} label={t.window.howMany} value={last} onChange={(next) => next !== undefined && onChange({ last: next, unit })} />
      <WordSelect label={t.window.unit} value={unit} options={units.map((one) => ({ value: one, label: last === 1 ? t.window.unit1[one] : t.window.units[one] }))} onChange={(next) => onChange({ last, unit: next })} />
    </>
  );
}

function AnniversaryWords({ test, onChange }: Pick<ValueEditorProps, "test" | "onChange">): ReactNode {
  const { in: when, days } = test as Test & { readonly in?: string; readonly days?: number }; // Of this comparison.
  return (
    <>
      <WordSelect label={t.anniversary.label} value={when ?? "this_month"} options={(["today", "this_month", "next_days"] as const).map((value) => ({ value, label: t.anniversary[value] }))} onChange={(next) => onChange({ ...test, in: next, days: days ?? 7 } as Test)} />
      {when === "next_days" ? <><WordNumber isWhole least={1} label={t.anniversary.days} value={days ?? 7} onChange={(next) => next !== undefined && onChange({ ...test, days: next } as Test, "days")} /><span>{t.anniversary.days}</span></> : null}
    </>
  );
}
