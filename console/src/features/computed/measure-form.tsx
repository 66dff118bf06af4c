// How many, how much, when: of events, or of the things of a list that they tell.
import { NativeSelect, Switch } from "@mantine/core";
import type { ReactNode } from "react";
import { isRecord } from "@tributary/schema/is-record.ts";
import { texts } from "../../texts/texts.ts";
import { PathsPicker } from "../audiences/editors/event-editor.tsx";
import { useEventFields, useNamesOf, type EventFields } from "../audiences/editors/fields.ts";
import { isItem, isRole, type EventRef, type Filter, type Paths } from "../audiences/model/condition.ts";
import { EventField, options, PropertyField, WhereField, WindowField, type KindFormProps } from "./form-fields.tsx";
import type { Draft } from "./kinds.ts";

const t = texts.computed.form;
const measures = ["count", "sum", "average", "min", "max", "distinct", "first", "last"] as const;
const needsProperty = (of: string): boolean => ["sum", "average", "min", "max", "distinct"].includes(of);
/** Before the name of a list whose things are counted. */
const ITEM = "item:";

export function MeasureForm(props: KindFormProps): ReactNode {
  const { draft, isReadOnly, onChange } = props;
  const measure = isRecord(draft["measure"]) ? draft["measure"] : {};
  const of = typeof measure["of"] === "string" ? measure["of"] : "count";
  const item = typeof measure["item"] === "string" ? measure["item"] : undefined;
  const property = measure["property"] as Paths | undefined; // From the schema, or of this form's making.
  const fields = useEventFields(useNamesOf((draft["event"] ?? "") as EventRef)); // As above.
  const put = (next: Draft): void => onChange(isOnce(String(next["of"])) ? { ...draft, measure: next } : { ...withoutOnce(draft), measure: next });
  const choose = (value: string): void => {
    if (value.startsWith(ITEM)) return put({ of: "count", item: value.slice(ITEM.length) });
    put(needsProperty(value) ? { ...measure, of: value, property: property ?? { role: "value" } } : { of: value });
  };
  const lists = listsOf(draft, of === "count" ? item : undefined, fields).map((list) => ({ value: `${ITEM}${list}`, label: t.things(list) }));
  const [events, ...others] = options(t.measures, measures);
  return (
    <div className="stack computed-form">
      <EventField {...props} />
      <WhereField {...props} />
      <NativeSelect label={t.measure} disabled={isReadOnly} value={of === "count" && item !== undefined ? `${ITEM}${item}` : of} data={[...(events === undefined ? [] : [events]), ...lists, ...others]} onChange={(event) => choose(event.currentTarget.value)} />
      {needsProperty(of) ? <PropertyField draft={draft} isReadOnly={isReadOnly} paths={property} item={item} onPick={(path, list) => put(ofProperty(measure, path, list))} /> : null}
      {of === "sum" && isRole(property) ? <Switch label={t.net} disabled={isReadOnly} checked={measure["net"] === true} onChange={(event) => put({ ...measure, net: event.currentTarget.checked })} /> : null}
      <WindowField {...props} />
      {isOnce(of) ? <OnceField {...props} fields={fields} /> : null}
    </div>
  );
}

/** Times, and different values, count once by themselves. */
const isOnce = (of: string): boolean => !["first", "last", "distinct"].includes(of);

function withoutOnce({ once_per: _, ...rest }: Draft): Draft {
  return rest;
}

/** Those that the events tell, that filters ask for, and the one that is chosen. */
function listsOf({ where }: Draft, chosen: string | undefined, fields: EventFields | undefined): readonly string[] {
  const asked = (Array.isArray(where) ? (where as Filter[]) : []).flatMap((filter) => (isRecord(filter) && isItem(filter) ? [filter.item] : []));
  return [...new Set([...(chosen === undefined ? [] : [chosen]), ...asked, ...(fields?.lists ?? [])])];
}

/** A role's property goes by a role; one that was picked by its name goes by that. */
function ofProperty({ item: _, ...measure }: Draft, path: string, item: string | undefined): Draft {
  return { ...measure, property: path, ...(item === undefined ? {} : { item }) };
}

function OnceField({ draft, isReadOnly, onChange, fields }: KindFormProps & { readonly fields: EventFields | undefined }): ReactNode {
  const once = draft["once_per"] as Paths | undefined; // As above.
  return (
    <div role="group" aria-label={t.once} className="computed-field">
      <span className="computed-label">{t.once}</span>
      <span className="dim computed-help">{isRole(draft["event"]) ? t.onceRole : t.onceHelp}</span>
      <fieldset disabled={isReadOnly} className="words">
        <PathsPicker label={t.once} paths={once} fields={fields} onPick={(path, item) => onChange({ ...draft, once_per: item === undefined ? path : `${item}.${path}` })} />
        {once === undefined ? null : <button type="button" className="word-button add" aria-label={t.dropOnce} onClick={() => onChange(withoutOnce(draft))}>×</button>}
      </fieldset>
    </div>
  );
}
