// The form of one kind of computed trait. Whatever a form does not know stands in the JSON, and stays as it is.
import { NativeSelect, NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { EventFilters } from "../audiences/editors/event-filters.tsx";
import type { EventRef, Filter } from "../audiences/model/condition.ts";
import { daysOf, eventOfText, eventText, type Draft, type Kind } from "./kinds.ts";
import { Readable } from "./readable.tsx";
import { StagesForm } from "./stages-form.tsx";
import type { StageProblems } from "./stages.ts";

const t = texts.computed.form;

export interface KindFormProps {
  readonly kind: Kind;
  readonly draft: Draft;
  readonly isReadOnly: boolean;
  /** What is wrong with a formula, and where. */
  readonly formulaProblem: string | undefined;
  /** What is wrong with stages, at its place. */
  readonly problems: StageProblems;
  readonly onChange: (draft: Draft) => void;
}

const NEEDS_PROPERTY = ["sum", "average", "min", "max", "distinct"];
const measures = ["count", "sum", "average", "min", "max", "distinct", "first", "last"] as const;
const options = <Key extends string>(words: Readonly<Record<Key, string>>, keys: readonly Key[]): { value: Key; label: string }[] => keys.map((value) => ({ value, label: words[value] }));

export function KindForm(props: KindFormProps): ReactNode {
  switch (props.kind) {
    case "measure":
      return <MeasureForm {...props} />;
    case "value":
      return <ValueForm {...props} />;
    case "decay":
      return <DecayForm {...props} />;
    case "rfm":
      return <RfmForm {...props} />;
    case "formula":
      return <FormulaForm {...props} />;
    case "stages":
      return <StagesForm {...props} />;
  }
}

function EventField({ draft, isReadOnly, onChange }: KindFormProps): ReactNode {
  return <TextInput label={t.event} description={t.eventHelp} readOnly={isReadOnly} value={eventText(draft["event"])} onChange={(event) => onChange({ ...draft, event: eventOfText(event.currentTarget.value) })} />;
}

/** Which of the events count: the filters of the audience builder. */
function WhereField({ draft, isReadOnly, onChange }: KindFormProps): ReactNode {
  const { where, ...rest } = draft;
  return (
    <fieldset className="computed-where" disabled={isReadOnly}>
      <legend>{t.where}</legend>
      <p className="dim">{t.whereHelp}</p>
      <Readable what={where} otherwise={t.whereOnlyJson}>
        <EventFilters event={eventOfText(eventText(draft["event"])) as EventRef} where={where as readonly Filter[] | undefined} onChange={(next) => onChange(next === undefined ? rest : { ...draft, where: next })} />
      </Readable>
    </fieldset>
  );
}

function DaysField({ draft, isReadOnly, onChange }: KindFormProps): ReactNode {
  const put = (days: number | string): void => {
    const { within: _, ...rest } = draft;
    onChange(days === "" ? rest : { ...rest, within: { last: Number(days), unit: "day" } });
  };
  return <NumberInput label={t.days} description={t.daysHelp} readOnly={isReadOnly} min={1} max={3_660} value={daysOf(draft["within"])} onChange={put} />;
}

function MeasureForm(props: KindFormProps): ReactNode {
  const { draft, isReadOnly, onChange } = props;
  const measure = typeof draft["measure"] === "object" && draft["measure"] !== null ? (draft["measure"] as Draft) : {};
  const of = typeof measure["of"] === "string" ? measure["of"] : "count";
  const property = measure["property"];
  const isValue = typeof property === "object" && property !== null && "role" in property;
  const put = (next: Draft): void => onChange({ ...draft, measure: next });
  return (
    <div className="stack computed-form">
      <EventField {...props} />
      <WhereField {...props} />
      <NativeSelect label={t.measure} disabled={isReadOnly} value={of} data={options(t.measures, measures)} onChange={(event) => put(NEEDS_PROPERTY.includes(event.currentTarget.value) ? { ...measure, of: event.currentTarget.value, property: property ?? { role: "value" } } : { of: event.currentTarget.value })} />
      {NEEDS_PROPERTY.includes(of) ? <TextInput label={t.property} description={t.propertyHelp} readOnly={isReadOnly} value={isValue ? `role:${String((property as { role: unknown }).role)}` : Array.isArray(property) ? property.join(", ") : String(property ?? "")} onChange={(event) => put({ ...measure, property: eventOfText(event.currentTarget.value) })} /> : null}
      {of === "sum" && isValue ? <Switch label={t.net} disabled={isReadOnly} checked={measure["net"] === true} onChange={(event) => put({ ...measure, net: event.currentTarget.checked })} /> : null}
      <DaysField {...props} />
    </div>
  );
}

function ValueForm(props: KindFormProps): ReactNode {
  const { draft, isReadOnly, onChange } = props;
  return (
    <div className="stack computed-form">
      <EventField {...props} />
      <WhereField {...props} />
      <TextInput label={t.property} description={t.pathHelp} readOnly={isReadOnly} value={String(draft["property"] ?? "")} onChange={(event) => onChange({ ...draft, property: event.currentTarget.value })} />
      <NativeSelect label={t.which} disabled={isReadOnly} value={String(draft["which"])} data={options(t.whiches, ["last", "first", "most_frequent", "all"])} onChange={(event) => onChange({ ...draft, which: event.currentTarget.value })} />
      <DaysField {...props} />
    </div>
  );
}

function DecayForm(props: KindFormProps): ReactNode {
  const { draft, isReadOnly, onChange } = props;
  return (
    <div className="stack computed-form">
      <EventField {...props} />
      <WhereField {...props} />
      {typeof draft["weight"] === "object" ? null : <NumberInput label={t.weight} readOnly={isReadOnly} value={Number(draft["weight"] ?? 1)} onChange={(weight) => onChange({ ...draft, weight: Number(weight) })} />}
      <NumberInput label={t.halfLife} description={t.halfLifeHelp} readOnly={isReadOnly} min={1} max={365} value={Number(draft["half_life_days"])} onChange={(days) => onChange({ ...draft, half_life_days: Number(days) })} />
    </div>
  );
}

function RfmForm(props: KindFormProps): ReactNode {
  const { draft, isReadOnly, onChange } = props;
  return (
    <div className="stack computed-form">
      <NativeSelect label={t.rfm} disabled={isReadOnly} value={String(draft["of"])} data={options(t.rfms, ["scores", "group", "recency", "frequency", "monetary"])} onChange={(event) => onChange({ ...draft, of: event.currentTarget.value })} />
      <DaysField {...props} />
      <p className="dim">{t.rfmHelp}</p>
    </div>
  );
}

function FormulaForm({ draft, isReadOnly, formulaProblem, onChange }: KindFormProps): ReactNode {
  return (
    <Textarea
      label={t.formula} description={t.formulaHelp} autosize minRows={2} maxRows={8} className="computed-code" spellCheck={false} readOnly={isReadOnly} value={String(draft["formula"] ?? "")}
      error={formulaProblem} onChange={(event) => onChange({ ...draft, formula: event.currentTarget.value })}
    />
  );
}
