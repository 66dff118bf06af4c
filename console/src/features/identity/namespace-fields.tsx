// The fields of one kind of identifier.
import { ActionIcon, Button, NativeSelect, NumberInput, TagsInput } from "@mantine/core";
import { IconTrash, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { NamespaceRule } from "@tributary/schema/settings.ts";
import { texts } from "../../texts/texts.ts";
import { sourceListQuery, useSourceName } from "../sources/queries.ts";
import { aboutOf } from "./rules-draft.ts";

const t = texts.identityRules.fields;

interface FieldsProps {
  readonly rule: NamespaceRule;
  readonly onChange: (change: Partial<NamespaceRule>) => void;
  /** Without it the kind can't be removed. */
  readonly onRemove: (() => void) | undefined;
}

const uses = ["merge", "lookup"] as const;
const abouts = ["person", "device"] as const;
const normalisations = ["text", "lower", "email", "phone"] as const;

function choices<T extends string>(values: readonly T[], names: Readonly<Record<T, string>>): { value: T; label: string }[] {
  return values.map((value) => ({ value, label: names[value] }));
}

export function NamespaceFields({ rule, onChange, onRemove }: FieldsProps): ReactNode {
  const number = (name: "limitPerProfile" | "sharedAfter", min: number) => (value: string | number): void => {
    if (typeof value === "number" && Number.isInteger(value) && value >= min) onChange({ [name]: value });
  };
  return (
    <div className="rules-fields">
      <NumberInput label={t.limit} description={t.limitHint} min={1} max={10_000} allowDecimal={false} value={rule.limitPerProfile} onChange={number("limitPerProfile", 1)} />
      <NumberInput label={t.shared} description={t.sharedHint} min={2} max={10_000} allowDecimal={false} value={rule.sharedAfter} onChange={number("sharedAfter", 2)} />
      <NativeSelect label={t.use} data={choices(uses, t.uses)} value={rule.use} onChange={({ currentTarget: { value } }) => { const use = uses.find((one) => one === value); if (use) onChange({ use }); }} />
      <NativeSelect label={t.about} data={choices(abouts, t.abouts)} value={aboutOf(rule)} onChange={({ currentTarget: { value } }) => { const about = abouts.find((one) => one === value); if (about) onChange({ about }); }} />
      <NativeSelect label={t.normalise} data={choices(normalisations, t.normalisations)} value={rule.normalise} onChange={({ currentTarget: { value } }) => { const normalise = normalisations.find((one) => one === value); if (normalise) onChange({ normalise }); }} />
      <TagsInput label={t.paths} description={t.pathsHint} value={rule.paths} onChange={(paths) => onChange({ paths })} splitChars={[","]} />
      <TagsInput label={t.blockedValues} description={t.blockedValuesHint} value={rule.blockedValues} onChange={(blockedValues) => onChange({ blockedValues })} splitChars={[]} />
      <TagsInput label={t.blockedPatterns} description={t.blockedPatternsHint} value={rule.blockedPatterns} onChange={(blockedPatterns) => onChange({ blockedPatterns })} splitChars={[]} />
      <BySource rule={rule} onChange={onChange} />
      {onRemove ? <div className="wide"><Button variant="default" leftSection={<IconTrash size={15} aria-hidden />} onClick={onRemove}>{texts.identityRules.namespaces.remove}</Button></div> : null}
    </div>
  );
}

function BySource({ rule, onChange }: Pick<FieldsProps, "rule" | "onChange">): ReactNode {
  const { data: sources = [] } = useQuery(sourceListQuery);
  const sourceName = useSourceName();
  const set = (id: string, paths: string[] | undefined): void => {
    const { [id]: _, ...rest } = rule.pathsBySource;
    onChange({ pathsBySource: paths === undefined ? rest : { ...rest, [id]: paths } });
  };
  const free = sources.filter(({ id }) => !Object.hasOwn(rule.pathsBySource, String(id)));
  return (
    <div className="wide stack">
      {Object.entries(rule.pathsBySource).map(([id, paths]) => (
        <div key={id} className="row" style={{ alignItems: "flex-end" }}>
          <TagsInput className="grow" label={`${t.bySource}: ${sourceName(Number(id)).slice(0, 60)}`} value={paths} onChange={(next) => set(id, next)} splitChars={[","]} />
          <ActionIcon aria-label={t.removeSource(sourceName(Number(id)).slice(0, 60))} onClick={() => set(id, undefined)}><IconX size={15} /></ActionIcon>
        </div>
      ))}
      {free.length > 0 ? (
        <NativeSelect
          className="rules-source" label={t.bySource} description={t.bySourceHint} value="" onChange={({ currentTarget: { value } }) => value !== "" && set(value, [...rule.paths])}
          data={[{ value: "", label: t.chooseSource }, ...free.map(({ id, name }) => ({ value: String(id), label: name.slice(0, 60) }))]}
        />
      ) : null}
    </div>
  );
}
