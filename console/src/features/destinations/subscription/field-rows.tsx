// Fields in two columns: on the left what the destination takes, on the right what fills it, and what is wrong below.
import { Button, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { IconAlertCircle, IconLock, IconRestore, IconSearch } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import type { Field, SyncMode } from "@tributary/schema/destination/definition.ts";
import type { Mapping, MappingValue } from "@tributary/schema/destination/mapping.ts";
import { texts } from "../../../texts/texts.ts";
import { valueText } from "../../../ui/format.ts";
import { partsOf } from "../set-up/description-parts.ts";
import { DescriptionOf } from "../set-up/field-description.tsx";
import { defaultOf, fieldsShown, problemsByKey, type Problem, type ShownField } from "./model/fields.ts";
import { formOf, withKey, type Filling } from "./model/value-form.ts";
import { useValuesState } from "./values/context.ts";
import { JsonValueEditor } from "./values/json-value-editor.tsx";
import { ValueEditor } from "./values/value-editor.tsx";

const t = texts.subscriptions.fields;
/** From here on one looks for a field. */
const MANY = 12;
const SAMPLE_MAX = 120;
const views = ["needed", "all", "filled"] as const;
type View = (typeof views)[number];

export interface FieldRowsProps {
  readonly fields: readonly Field[];
  readonly values: Mapping;
  readonly syncMode?: SyncMode | undefined;
  readonly problems: readonly Problem[];
  /** What the mapping makes of the event that is looked at. */
  readonly made?: Readonly<Record<string, unknown>> | null | undefined;
  readonly onChange: (values: Mapping) => void;
}

export function FieldRows({ fields, values, syncMode, problems, made, onChange }: FieldRowsProps): ReactNode {
  const { shown, waiting, others } = useMemo(() => fieldsShown({ fields: [...fields] }, values, syncMode), [fields, values, syncMode]);
  const byKey = useMemo(() => problemsByKey(problems, [...fields.map(({ key }) => key), ...Object.keys(values)]), [problems, fields, values]);
  const [view, setView] = useState<View>("needed");
  const [search, setSearch] = useState("");
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const isMany = shown.length > MANY;
  const words = search.trim().toLowerCase();
  const isIn = ({ field, isRequired }: ShownField): boolean => {
    if (words !== "") return `${field.label} ${field.key} ${field.description}`.toLowerCase().includes(words);
    const isFilled = Object.hasOwn(values, field.key);
    return !isMany || view === "all" || isFilled || touched.has(field.key) || byKey.has(field.key) || (view === "needed" && isRequired);
  };
  const listed = shown.filter(isIn);
  const fill = (key: string, value: Filling): void => {
    if (!touched.has(key)) setTouched(new Set([...touched, key]));
    onChange(withKey(values, key, value));
  };
  // What the destination works out by itself is there to be seen, and in nobody's way.
  const isQuiet = (key: string): boolean => fields.some((one) => one.key === key && one.isHidden) && !byKey.has(key);
  const other = (key: string): ReactNode => <OtherRow key={key} name={key} field={fields.find((one) => one.key === key)} value={values[key] ?? null} problems={byKey.get(key) ?? []} onChange={(value) => fill(key, value)} />;
  return (
    <>
      {isMany ? <Tools search={search} view={view} onSearch={setSearch} onView={setView} /> : null}
      {(byKey.get("") ?? []).map((one) => <ProblemLine key={`${one.field} ${one.problem}`} problem={one} within="" />)}
      <ul className="field-rows">
        {listed.map((one) => <FieldRow key={one.field.key} shown={one} value={Object.hasOwn(values, one.field.key) ? values[one.field.key] : undefined} made={made === undefined || made === null ? undefined : { value: Object.hasOwn(made, one.field.key) ? made[one.field.key] : undefined }} problems={byKey.get(one.field.key) ?? []} onChange={(value) => fill(one.field.key, value)} />)}
        {others.filter((key) => !isQuiet(key)).map(other)}
      </ul>
      {others.some(isQuiet) ? <details className="field-quiet"><summary>{t.quiet(others.filter(isQuiet).length)}</summary><ul className="field-rows">{others.filter(isQuiet).map(other)}</ul></details> : null}
      {listed.length + others.length === 0 ? <p className="dim">{words === "" ? t.none : t.notFound}</p> : null}
      {listed.length < shown.length && words === "" ? <p><button type="button" className="word-button add" onClick={() => setView("all")}>{t.more(shown.length - listed.length)}</button></p> : null}
      {waiting > 0 ? <p className="dim field-waiting">{t.waiting(waiting)}</p> : null}
    </>
  );
}

function Tools({ search, view, onSearch, onView }: { readonly search: string; readonly view: View; readonly onSearch: (search: string) => void; readonly onView: (view: View) => void }): ReactNode {
  return (
    <div className="field-tools">
      <TextInput className="grow" leftSection={<IconSearch size={15} aria-hidden />} aria-label={t.find} placeholder={t.find} maxLength={200} value={search} onChange={(event) => onSearch(event.currentTarget.value)} />
      <SegmentedControl size="xs" aria-label={t.which} value={view} data={views.map((value) => ({ value, label: t.views[value] }))} onChange={onView} />
    </div>
  );
}

interface FieldRowProps {
  readonly shown: ShownField;
  readonly value: Filling;
  /** Undefined: nothing is looked at. */
  readonly made: { readonly value: unknown } | undefined;
  readonly problems: readonly Problem[];
  readonly onChange: (value: Filling) => void;
}

function FieldRow({ shown: { field, isRequired, dependsOn, isUnasked }, value, made, problems, onChange }: FieldRowProps): ReactNode {
  const { isReadOnly } = useValuesState();
  const label = field.label || field.key;
  const first = defaultOf(field);
  const canReset = !isReadOnly && first !== undefined && JSON.stringify(first) !== JSON.stringify(value);
  return (
    <li className="field-row" data-wrong={problems.length > 0 || undefined}>
      <div className="field-about">
        <div className="field-name"><bdi>{label}</bdi>{isRequired ? <span className="required"> {t.required}</span> : null}</div>
        <div className="field-facts dim">
          <span>{field.isMultiple ? t.listOf(t.types[field.type]) : t.types[field.type]}</span>
          {field.isHashed ? <Tooltip label={t.hashedText} multiline maw={280}><span className="field-hashed" tabIndex={0}><IconLock size={12} aria-hidden />{t.hashed}</span></Tooltip> : null}
          {isUnasked ? <span>{t.unasked}</span> : null}
          {dependsOn.length > 0 ? <span>{t.dependsOn(dependsOn.join(", "))}</span> : null}
        </div>
        {field.description === "" ? null : <Description field={field} />}
      </div>
      <div className="field-filled">
        <ValueEditor value={value} field={field} label={label} onChange={onChange} />
        {made !== undefined && value !== undefined && typeof value === "object" && formOf(value).kind !== "path" ? <div className="field-made dim"><span aria-hidden>→ </span><span className="unseen">{t.makes}: </span>{made.value === undefined ? t.makesNothing : <bdi>{valueText(made.value, SAMPLE_MAX)}</bdi>}</div> : null}
        {canReset ? <Button variant="subtle" color="gray" size="compact-xs" leftSection={<IconRestore size={13} />} aria-label={t.resetOf(label)} onClick={() => onChange(first)}>{t.reset}</Button> : null}
        {problems.map((one) => <ProblemLine key={`${one.field} ${one.problem}`} problem={one} within={field.key} />)}
      </div>
    </li>
  );
}

const LONG = 140;

function Description({ field }: { readonly field: Field }): ReactNode {
  const [isWhole, setIsWhole] = useState(false);
  const text = partsOf(field.description).map((part) => part.text).join("");
  return (
    <p className="field-text dim">
      {text.length <= LONG || isWhole ? <DescriptionOf field={field} /> : <>{text.slice(0, LONG).trimEnd()}… <button type="button" className="word-button add small" aria-label={`${t.moreText}: ${field.label || field.key}`} onClick={() => setIsWhole(true)}>{t.moreText}</button></>}
    </p>
  );
}

function ProblemLine({ problem: { field, problem }, within }: { readonly problem: Problem; readonly within: string }): ReactNode {
  const place = within === "" ? field : field.slice(within.length + 1);
  return <p className="field-problem" role="alert"><IconAlertCircle size={14} aria-hidden /><span>{place === "" ? null : <span className="mono">{place}: </span>}<bdi>{problem}</bdi></span></p>;
}

/** What stands in the mapping though no field is shown for it: seen as it is, and taken out on request. */
function OtherRow({ name, field, value, problems, onChange }: { readonly name: string; readonly field: Field | undefined; readonly value: MappingValue; readonly problems: readonly Problem[]; readonly onChange: (value: Filling) => void }): ReactNode {
  const { isReadOnly } = useValuesState();
  return (
    <li className="field-row" data-wrong={problems.length > 0 || undefined}>
      <div className="field-about">
        <div className="field-name"><bdi className={field ? "" : "mono"}>{field?.label || name}</bdi></div>
        <p className="field-text dim">{field?.isHidden ? t.hidden : name.startsWith("__segment_internal_") ? t.internal : t.unknown}</p>
      </div>
      <div className="field-filled">
        <JsonValueEditor form={{ kind: "json", value }} field={undefined} label={field?.label || name} Part={ValueEditor} onChange={(form) => onChange(form.kind === "json" ? form.value : undefined)} />
        {isReadOnly ? null : <Button variant="subtle" color="gray" size="compact-xs" aria-label={t.takeOutOf(name)} onClick={() => onChange(undefined)}>{t.takeOut}</Button>}
        {problems.map((one) => <ProblemLine key={`${one.field} ${one.problem}`} problem={one} within={name} />)}
      </div>
    </li>
  );
}
