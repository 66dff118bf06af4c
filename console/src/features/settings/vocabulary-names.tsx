// Names of one thing, recognised or set: shown with how often each arrives, and changed in a field that proposes what arrives.
import { ActionIcon, Button, TagsInput } from "@mantine/core";
import { IconArrowBackUp, IconPencil } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Figure } from "../../ui/figure.tsx";

const t = texts.vocabulary;
const PROPOSALS = 12;

export interface CountedName {
  readonly name: string;
  readonly count: number;
}

export interface NamesProps {
  readonly label: string;
  readonly hint: string;
  /** What is in force; of those that are recognised, the ones that arrive. */
  readonly shown: readonly CountedName[];
  /** Undefined: nobody has set it. */
  readonly given: readonly string[] | undefined;
  readonly proposals: readonly CountedName[];
  /** What is said where there is none. */
  readonly none: string;
  readonly max: number;
  readonly mayChange: boolean;
  readonly error?: string | undefined;
  readonly onChange: (names: readonly string[] | undefined) => void;
}

export function Names(props: NamesProps): ReactNode {
  const { label, shown, given, none, mayChange, onChange } = props;
  if (given !== undefined && mayChange) return <Field {...props} given={given} />;
  return (
    <div className="vocabulary-names">
      <div className="setting-label">{label}</div>
      <div className="row wrap">
        {shown.length === 0 ? <span className="dim">{none}</span> : shown.map(({ name, count }) => (
          <span key={name} className="row vocabulary-name"><code className="word"><bdi>{name}</bdi></code><span className="dim">{count === 0 ? t.never : <Figure value={count} />}</span></span>
        ))}
        {mayChange ? (
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t.changeOf(label)} onClick={() => onChange(shown.map(({ name }) => name))}><IconPencil size={14} aria-hidden /></ActionIcon>
        ) : null}
      </div>
    </div>
  );
}

function Field({ label, hint, given, proposals, max, error, onChange }: NamesProps & { readonly given: readonly string[] }): ReactNode {
  const counts = new Map(proposals.map(({ name, count }) => [name, count]));
  return (
    <div className="stack">
      <TagsInput
        label={label} description={hint} error={error} value={[...given]} maxTags={max} splitChars={[]} limit={PROPOSALS} data={[...counts.keys()]} acceptValueOnBlur
        renderOption={({ option }) => <span className="row vocabulary-option"><span className="grow cut">{option.value}</span><span className="dim">{counts.get(option.value) === undefined ? null : <Figure value={counts.get(option.value) ?? 0} />}</span></span>}
        onChange={(names) => onChange(names.map((name) => name.trim()).filter((name) => name !== ""))}
      />
      <div><Button variant="subtle" color="gray" size="compact-sm" leftSection={<IconArrowBackUp size={14} aria-hidden />} aria-label={t.backOf(label)} onClick={() => onChange(undefined)}>{t.back}</Button></div>
    </div>
  );
}
