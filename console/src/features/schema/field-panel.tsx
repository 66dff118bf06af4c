// One field: what it holds, what changed in it, whether it is personal and why that is proposed; what it means and who answers
// for it, written in place.
import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { IconCheck, IconEye, IconEyeOff } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { fieldKind } from "@tributary/schema/field.ts";
import type { ObservedField } from "@tributary/schema/api/observed.ts";
import { texts } from "../../texts/texts.ts";
import { Figure, When } from "../../ui/figure.tsx";
import { valueText } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { decideOne } from "./decide-one.ts";
import { DriftMark, isGroup, shareText, Standing, typesText } from "./field-words.tsx";
import type { Decide } from "./use-decide.ts";

const t = texts.schema;

export interface FieldPanelProps {
  readonly field: ObservedField;
  /** Without it one may only look. */
  readonly decide: Decide | undefined;
  readonly describe: Decide | undefined;
  readonly onClose: () => void;
}

export function FieldPanel({ field, decide, describe, onClose }: FieldPanelProps): ReactNode {
  return (
    <Panel title={valueText(field.path, 120)} onClose={onClose}>
      <section className="stack">
        <h3>{t.decide.label}</h3>
        {isGroup(field) ? <p className="dim">{t.isGroup}</p> : <Decision field={field} decide={decide} />}
      </section>
      {field.drift.length === 0 ? null : <section><h3>{t.changed}</h3><div className="stack">{field.drift.map((one) => <DriftMark key={one.kind} drift={one} />)}</div></section>}
      <section>
        <dl className="facts">
          <dt>{t.facts.types}</dt><dd>{typesText(field)}</dd>
          {field.share === null ? null : <><dt>{t.facts.share}</dt><dd>{shareText(field.share)}</dd></>}
          <dt>{t.facts.count}</dt><dd><Figure value={field.count} /></dd>
          <dt>{t.facts.first}</dt><dd><When at={field.first_at} /></dd>
          <dt>{t.facts.last}</dt><dd><When at={field.last_at} /></dd>
        </dl>
      </section>
      <section>
        <h3>{t.facts.examples}</h3>
        {field.examples.length === 0 ? <p className="dim">{t.noExamples}</p> : <ul className="schema-examples mono">{field.examples.map((value) => <li key={value}><bdi>{value}</bdi></li>)}</ul>}
        {field.examples_masked && field.examples.length > 0 ? <p className="dim">{t.examplesMasked}</p> : null}
      </section>
      <Meaning field={field} describe={describe} />
    </Panel>
  );
}

function Decision({ field, decide }: { readonly field: ObservedField; readonly decide: Decide | undefined }): ReactNode {
  return (
    <>
      <div className="row wrap"><Standing field={field} /><span className="dim">{t.decidedBy[field.decided_by]}</span></div>
      <ul className="schema-evidence" aria-label={t.proposal}>{field.proposal.evidence.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul>
      {decide === undefined ? null : (
        <div className="schema-decide">
          <Button variant={field.proposal.personal === true && field.personal === null ? "filled" : "default"} leftSection={<IconEyeOff size={15} aria-hidden />} onClick={() => decideOne(decide, field, true)} disabled={field.decided_by === "workspace" && field.personal === true}>{t.decide.yes}</Button>
          <Button variant={field.proposal.personal === false && field.personal === null ? "filled" : "default"} leftSection={<IconEye size={15} aria-hidden />} onClick={() => decideOne(decide, field, false)} disabled={field.decided_by === "workspace" && field.personal === false}>{t.decide.no}</Button>
          {field.decided_by === "workspace" ? <Button variant="subtle" color="gray" onClick={() => decideOne(decide, field, null)}>{t.decide.undo}</Button> : null}
        </div>
      )}
    </>
  );
}

function Meaning({ field, describe }: { readonly field: ObservedField; readonly describe: Decide | undefined }): ReactNode {
  const { place, event, path } = field;
  const isOff = describe === undefined;
  return (
    <section className="stack">
      <Select
        label={t.facts.kind} placeholder={t.noKind} value={field.kind} disabled={isOff} clearable clearButtonProps={{ "aria-label": t.noKind }} data={fieldKind.options.map((value) => ({ value, label: t.kinds[value] }))}
        onChange={(value) => describe?.([{ place, event, path, kind: fieldKind.safeParse(value).data ?? null }])}
      />
      <Written label={t.facts.description} value={field.description} isLong isOff={isOff} onSave={(description) => describe?.([{ place, event, path, description }], { text: t.saved })} />
      <Written label={t.facts.owner} value={field.owner} isOff={isOff} onSave={(owner) => describe?.([{ place, event, path, owner }], { text: t.saved })} />
    </section>
  );
}

interface WrittenProps {
  readonly label: string;
  readonly value: string;
  readonly isOff: boolean;
  readonly isLong?: boolean;
  readonly onSave: (text: string) => void;
}

/** Saved when one leaves it, or presses Enter. */
function Written({ label, value, isOff, isLong = false, onSave }: WrittenProps): ReactNode {
  const [text, setText] = useState(value);
  const save = (): void => {
    if (text.trim() !== value) onSave(text.trim());
  };
  const shared = { label, value: text, disabled: isOff, onBlur: save, ...(text.trim() === value ? {} : { rightSection: <IconCheck size={15} aria-hidden /> }) };
  if (isLong) {
    return <Textarea {...shared} size="sm" autosize minRows={2} maxRows={8} maxLength={2_000} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && (event.metaKey || event.ctrlKey) && save()} />;
  }
  return <TextInput {...shared} maxLength={200} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && save()} />;
}
