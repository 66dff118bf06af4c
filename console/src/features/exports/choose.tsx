// What every export and share has to choose: an audience, what is told of each person, and how many rows.
import { MultiSelect, NumberInput, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { groupSeparator } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { traitNamesQuery } from "../profiles/queries.ts";
import { audienceChoicesQuery } from "./queries.ts";

const t = texts.exports.choose;
export const ROWS_MAX = 1_000_000;
const own = ["id", "since", "known", "identifiers"] as const;
const SHOWN_MAX = 200;

interface Chosen<T> {
  readonly value: T;
  readonly onChange: (value: T) => void;
}

export function ChooseAudience({ value, onChange }: Chosen<string>): ReactNode {
  const audiences = useQuery(audienceChoicesQuery);
  const found = audiences.data ?? [];
  // One that an address names is offered before the list is there.
  const data = [...(value === "" || found.some(({ slug }) => slug === value) ? [] : [{ value, label: value }]), ...found.map(({ slug, name }) => ({ value: slug, label: name }))];
  if (audiences.error) return <ProblemNotice problem={audiences.error} onRetry={() => void audiences.refetch()} />;
  return (
    <Select
      label={t.audience} placeholder={t.audienceHint} data={data} value={value === "" ? null : value} onChange={(slug) => onChange(slug ?? "")} searchable limit={SHOWN_MAX} nothingFoundMessage={t.nothing}
      withAsterisk={false} required aria-required description={audiences.data && data.length === 0 ? <>{t.noAudience} <Link to="/audiences">{t.toAudiences}</Link></> : undefined}
    />
  );
}

/** Columns of people: their own, and traits as `trait.plan`. */
export function ChooseColumns({ value, onChange }: Chosen<readonly string[]>): ReactNode {
  const traits = useQuery(traitNamesQuery);
  const data = [
    { group: t.ofPerson, items: own.map((name) => ({ value: name, label: t.own[name] })) },
    { group: t.traits, items: (traits.data?.data ?? []).map(({ name }) => ({ value: `trait.${name}`, label: name })) },
  ];
  return (
    <MultiSelect
      label={t.columns} description={t.columnsHint} data={data} value={[...value]} onChange={onChange} searchable limit={SHOWN_MAX} nothingFoundMessage={t.nothing} error={value.length === 0 ? t.columnsNone : undefined}
    />
  );
}

export function ChooseRows({ value, onChange }: Chosen<number>): ReactNode {
  return <NumberInput label={t.rows} value={value} onChange={(next) => onChange(typeof next === "number" ? next : Number(next) || 1)} min={1} max={ROWS_MAX} clampBehavior="blur" thousandSeparator={groupSeparator} allowedDecimalSeparators={[]} allowDecimal={false} />;
}
