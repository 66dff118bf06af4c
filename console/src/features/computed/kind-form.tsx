// The form of one kind of computed trait. Whatever a form does not know stands in the JSON, and stays as it is.
import { NativeSelect, NumberInput, Switch, Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { EventFilters } from "../audiences/editors/event-filters.tsx";
import { EventNames, eventText, OrAnotherEvent, PathsPicker } from "../audiences/editors/event-editor.tsx";
import { useEventFields, useNamesOf } from "../audiences/editors/fields.ts";
import type { EventRef, Filter, Paths } from "../audiences/model/condition.ts";
import { daysOf, type Draft, type Kind } from "./kinds.ts";
import { Readable } from "./readable.tsx";
import { StagesForm } from "./stages-form.tsx";
import type { StageProblems } from "./stages.ts";
import "../audiences/audiences.css";

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

/** Which events; chosen as in the builder of audiences. */
function EventField({ draft, isReadOnly, onChange, isNamesOnly = false }: KindFormProps & { readonly isNamesOnly?: boolean }): ReactNode {
  const event = (draft["event"] ?? "") as EventRef; // From the schema, or of this form's making.
  const put = (next: EventRef): void => onChange({ ...draft, event: next });
  return (
    <div role="group" aria-label={t.event} className="computed-field">
      <span className="computed-label">{t.event}</span>
      {isReadOnly ? <bdi>{eventText(event)}</bdi> : <div className="words"><EventNames event={event} isNamesOnly={isNamesOnly} onChange={put} /><OrAnotherEvent event={event} onChange={put} /></div>}
    </div>
  );
}

interface PropertyFieldProps {
  readonly draft: Draft;
  readonly isReadOnly: boolean;
  readonly paths: Paths | undefined;
  readonly item?: string | undefined;
  readonly onPick: (path: string, item: string | undefined) => void;
}

function PropertyField({ draft, isReadOnly, paths, item, onPick }: PropertyFieldProps): ReactNode {
  const fields = useEventFields(useNamesOf((draft["event"] ?? "") as EventRef)); // As above.
  return (
    <div role="group" aria-label={t.property} className="computed-field">
      <span className="computed-label">{t.property}</span>
      <fieldset disabled={isReadOnly} className="words"><PathsPicker label={t.property} paths={paths} item={item} fields={fields} onPick={onPick} /></fieldset>
    </div>
  );
}

/** Which of the events count: the filters of the audience builder. */
function WhereField({ draft, isReadOnly, onChange }: KindFormProps): ReactNode {
  const { where, ...rest } = draft;
  return (
    <fieldset className="computed-where" disabled={isReadOnly}>
      <legend>{t.where}</legend>
      <p className="dim">{t.whereHelp}</p>
      <Readable what={where} otherwise={t.whereOnlyJson}>
        <EventFilters event={(draft["event"] ?? "") as EventRef} where={where as readonly Filter[] | undefined} onChange={(next) => onChange(next === undefined ? rest : { ...draft, where: next })} />
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
      {NEEDS_PROPERTY.includes(of) ? <PropertyField draft={draft} isReadOnly={isReadOnly} paths={property as Paths | undefined} item={typeof measure["item"] === "string" ? measure["item"] : undefined} onPick={(path, item) => put(ofProperty(measure, path, item))} /> : null}
      {of === "sum" && isValue ? <Switch label={t.net} disabled={isReadOnly} checked={measure["net"] === true} onChange={(event) => put({ ...measure, net: event.currentTarget.checked })} /> : null}
      <DaysField {...props} />
    </div>
  );
}

/** A role's property goes by a role; one that was picked by its name goes by that. */
function ofProperty({ item: _, ...measure }: Draft, path: string, item: string | undefined): Draft {
  return { ...measure, property: path, ...(item === undefined ? {} : { item }) };
}

function ValueForm(props: KindFormProps): ReactNode {
  const { draft, isReadOnly, onChange } = props;
  return (
    <div className="stack computed-form">
      <EventField {...props} isNamesOnly />
      <WhereField {...props} />
      <PropertyField draft={draft} isReadOnly={isReadOnly} paths={typeof draft["property"] === "string" ? draft["property"] : undefined} onPick={(path, item) => onChange({ ...draft, property: item === undefined ? path : `${item}.${path}` })} />
      <NativeSelect label={t.which} disabled={isReadOnly} value={String(draft["which"])} data={options(t.whiches, ["last", "first", "most_frequent", "all"])} onChange={(event) => onChange({ ...draft, which: event.currentTarget.value })} />
      <DaysField {...props} />
    </div>
  );
}

function DecayForm(props: KindFormProps): ReactNode {
  const { draft, isReadOnly, onChange } = props;
  return (
    <div className="stack computed-form">
      <EventField {...props} isNamesOnly />
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
