// The form of one kind of computed trait. Whatever a form does not know stands in the JSON, and stays as it is.
import { NativeSelect, NumberInput, Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import { isRecord } from "@tributary/schema/is-record.ts";
import { texts } from "../../texts/texts.ts";
import { EventField, options, PropertyField, WhereField, WindowField, type KindFormProps } from "./form-fields.tsx";
import { daysOf, type Draft } from "./kinds.ts";
import { MeasureForm } from "./measure-form.tsx";
import { StagesForm } from "./stages-form.tsx";
import "../audiences/audiences.css";

const t = texts.computed.form;

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

function ValueForm(props: KindFormProps): ReactNode {
  const { draft, isReadOnly, onChange } = props;
  return (
    <div className="stack computed-form">
      <EventField {...props} isNamesOnly />
      <WhereField {...props} />
      <PropertyField draft={draft} isReadOnly={isReadOnly} paths={typeof draft["property"] === "string" ? draft["property"] : undefined} onPick={(path, item) => onChange({ ...draft, property: item === undefined ? path : `${item}.${path}` })} />
      <NativeSelect label={t.which} disabled={isReadOnly} value={String(draft["which"])} data={options(t.whiches, ["last", "first", "most_frequent", "all"])} onChange={(event) => onChange({ ...draft, which: event.currentTarget.value })} />
      <WindowField {...props} />
    </div>
  );
}

function DecayForm(props: KindFormProps): ReactNode {
  const { draft, isReadOnly, onChange } = props;
  return (
    <div className="stack computed-form">
      <EventField {...props} isNamesOnly />
      <WhereField {...props} />
      <WeightField {...props} />
      <NumberInput label={t.halfLife} description={t.halfLifeHelp} readOnly={isReadOnly} min={1} max={365} value={Number(draft["half_life_days"])} onChange={(days) => onChange({ ...draft, half_life_days: Number(days) })} />
    </div>
  );
}

/** So many points for each, or as many as one of its properties says. */
function WeightField({ draft, isReadOnly, onChange }: KindFormProps): ReactNode {
  const weight = draft["weight"] ?? 1;
  const property = isRecord(weight) ? String(weight["property"] ?? "") : undefined;
  return (
    <>
      <NativeSelect label={t.weightBy} disabled={isReadOnly} value={property === undefined ? "same" : "property"} data={options(t.weights, ["same", "property"])} onChange={(event) => onChange({ ...draft, weight: event.currentTarget.value === "same" ? 1 : { property: "" } })} />
      {property === undefined
        ? <NumberInput label={t.weight} readOnly={isReadOnly} value={Number(weight)} onChange={(next) => onChange({ ...draft, weight: Number(next) })} />
        : <PropertyField draft={draft} isReadOnly={isReadOnly} paths={property} onPick={(path, item) => onChange({ ...draft, weight: { property: item === undefined ? path : `${item}.${path}` } })} />}
    </>
  );
}

function DaysField({ draft, isReadOnly, onChange }: KindFormProps): ReactNode {
  const put = (days: number | string): void => {
    const { within: _, ...rest } = draft;
    onChange(days === "" ? rest : { ...rest, within: { last: Number(days), unit: "day" } });
  };
  return <NumberInput label={t.days} description={t.daysHelp} readOnly={isReadOnly} min={1} max={3_660} value={daysOf(draft["within"])} onChange={put} />;
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
