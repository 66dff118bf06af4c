// What the events must say: tests of properties, those of the same thing of a list together.
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { createContext, useContext, type ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import {
  addFilter, allOps, dropFilter, isAnyFilter, isItem, isNotFilter, kindOfField, newTest, opsOfKind, relativeOps, withOp, type Filter, type ItemFilter, type PlainFilter, type PropertyFilter, type Test, type ValueKind,
} from "../model/condition.ts";
import type { ValueWish } from "../queries.ts";
import type { EventFields } from "./fields.ts";
import { PropertyPicker } from "./property-picker.tsx";
import { ValueEditor } from "./value-editor.tsx";
import { WordSelect } from "./words.tsx";

const t = texts.audiences;

interface Given {
  readonly fields: EventFields | undefined;
  /** Whose values are suggested; empty: of all events. */
  readonly event: string;
}
const FieldsOfEvent = createContext<Given>({ fields: undefined, event: "" });

export interface FiltersProps extends Given {
  readonly where: readonly Filter[];
  readonly onChange: (where: readonly Filter[], mark?: string) => void;
  /** Beside the way to one more. */
  readonly children?: ReactNode;
}

export function Filters({ where, onChange, fields, event, children }: FiltersProps): ReactNode {
  const lists = fields?.lists ?? [];
  const add = (path: string, test: Test): void => onChange(path.startsWith("context:") ? [...where, { context: path.slice(8), ...test }] : addFilter(where, path, test, lists));
  return (
    <FieldsOfEvent value={{ fields, event }}>
      <div className={where.length === 0 ? "words" : "filters"}>
        {where.map((filter, index) => (
          <div key={index} className="words filter">
            <span className="dim">{index === 0 ? t.filters.where : t.filters.and}</span>
            <OneFilter filter={filter} lists={lists} onAnother={(next) => onChange(where.toSpliced(index + 1, 0, next))} onChange={(next, mark) => onChange(next === undefined ? dropFilter(where, index) : where.with(index, next), mark && `filter ${index} ${mark}`)} />
          </div>
        ))}
        <span className="words"><PropertyPicker fields={fields} event={event} onAdd={add} label={where.length === 0 ? t.filters.add : t.filters.addAnother} />{children}</span>
      </div>
    </FieldsOfEvent>
  );
}

interface OneProps<Of> {
  readonly filter: Of;
  readonly lists: readonly string[];
  readonly onChange: (filter: Filter | undefined, mark?: string) => void;
}

function OneFilter({ filter, lists, onChange, onAnother }: OneProps<Filter> & { readonly onAnother: (filter: Filter) => void }): ReactNode {
  const { fields } = useContext(FieldsOfEvent);
  if (isNotFilter(filter)) {
    return <><span>{t.filters.not}</span><Plain filter={filter.not} lists={lists} onChange={(next, mark) => onChange(next && { not: next }, mark)} more={<FilterMenu isNot onNot={() => onChange(filter.not)} onRemove={() => onChange(undefined)} />} /></>;
  }
  if (isAnyFilter(filter)) {
    const set = (index: number, next: PlainFilter | undefined, mark?: string): void => {
      const any = next === undefined ? filter.any.toSpliced(index, 1) : filter.any.with(index, next);
      onChange(any.length === 0 ? undefined : any.length === 1 ? any[0] : { any }, mark && `${index} ${mark}`);
    };
    return filter.any.map((one, index) => (
      <span key={index} className="words">{index === 0 ? null : <span>{t.filters.or}</span>}<Plain filter={one} lists={lists} onChange={(next, mark) => set(index, next, mark)} more={<FilterMenu onOr={() => onChange({ any: [...filter.any, one] })} onRemove={() => set(index, undefined)} />} /></span>
    ));
  }
  // Of the same list something else, which may be another element: it begins with the same question.
  const another = isItem(filter) ? () => onAnother({ item: filter.item, where: [newItemTest(filter, fields)] }) : undefined;
  return <Plain filter={filter} lists={lists} onChange={onChange} more={<FilterMenu {...(another ? { onAnother: another } : {})} onNot={() => onChange({ not: filter })} onOr={() => onChange({ any: [filter, filter] })} onRemove={() => onChange(undefined)} />} />;
}

function Plain({ filter, lists, onChange, more }: { readonly filter: PlainFilter; readonly lists: readonly string[]; readonly onChange: (filter: PlainFilter | undefined, mark?: string) => void; readonly more: ReactNode }): ReactNode {
  const { fields, event } = useContext(FieldsOfEvent);
  if (!isItem(filter)) return <><TestWords filter={filter} prefix="" onChange={onChange} />{more}</>;
  const { item, where } = filter;
  const set = (index: number, next: PropertyFilter | undefined, mark?: string): void => {
    if (next !== undefined) return onChange({ ...filter, where: where.with(index, next) }, mark && `${index} ${mark}`);
    onChange(where.length <= 1 ? undefined : { ...filter, where: where.toSpliced(index, 1) });
  };
  return (
    <span className="same-item">
      <span className="words"><span>{t.filters.item}</span><bdi className="mono">{item}</bdi><span>{t.filters.has}</span></span>
      {where.map((one, index) => (
        <span key={index} className="words">
          {index === 0 ? null : <span className="dim">{t.filters.and}</span>}
          <TestWords filter={one} prefix={`${item}.`} onChange={(next, mark) => set(index, next, mark)} />
          <button type="button" className="word-button add" aria-label={t.filters.remove(one.property ?? "")} onClick={() => set(index, undefined)}>×</button>
        </span>
      ))}
      <span className="words">
        <PropertyPicker fields={fields} event={event} within={item} onAdd={(path, test) => onChange({ ...filter, where: [...where, { property: path.slice(item.length + 1), ...test }] })} label={t.filters.sameItem} />
        {more}
      </span>
    </span>
  );
}

function newItemTest({ item, where }: ItemFilter, fields: EventFields | undefined): PropertyFilter {
  const property = where[0]?.property ?? "";
  return { property, ...newTest(kindOfField(fields?.fields.find(({ path }) => path === `${item}.${property}`))) };
}

function TestWords({ filter, prefix, onChange }: { readonly filter: PropertyFilter; readonly prefix: string; readonly onChange: (filter: PropertyFilter, mark?: string) => void }): ReactNode {
  const { fields, event } = useContext(FieldsOfEvent);
  const name = filter.property ?? filter.context ?? "";
  const field = filter.property === undefined ? undefined : fields?.fields.find(({ path }) => path === `${prefix}${name}`);
  const kind = kindOfField(field);
  const wish: ValueWish = filter.property === undefined ? { place: "context", event, path: name } : { place: "property", event, path: `${prefix}${name}` };
  return (
    <>
      <bdi className="mono word-name">{filter.property === undefined && Object.hasOwn(t.context, name) ? t.context[name] : name}</bdi>
      <OpSelect name={name} op={filter.op} kind={kind} extra={filter.property === undefined ? [] : relativeOps} onChange={(op) => onChange(withOp(filter, op))} />
      <ValueEditor test={filter} kind={kind} wish={wish} name={name} onChange={(test, mark) => onChange(test as PropertyFilter, mark && `${name} ${mark}`)} />
    </>
  );
}

export function OpSelect({ name, op, kind, extra = [], onChange }: { readonly name: string; readonly op: string; readonly kind: ValueKind; readonly extra?: readonly string[]; readonly onChange: (op: string) => void }): ReactNode {
  const likely = [...(kind === "date" ? extra : []), ...opsOfKind[kind]];
  const others = [...allOps, ...extra].filter((one) => !likely.includes(one));
  const words: Readonly<Record<string, string>> = t.ops;
  const option = (value: string): ReactNode => <option key={value} value={value}>{words[value] ?? value}</option>;
  return (
    <select className="word-select" aria-label={t.filters.comparison(name)} value={op} onChange={(event) => onChange(event.currentTarget.value)}>
      {likely.map(option)}
      <optgroup label={t.filters.otherOps}>{others.map(option)}</optgroup>
    </select>
  );
}

interface FilterMenuProps {
  readonly isNot?: boolean;
  readonly onNot?: () => void;
  readonly onOr?: () => void;
  readonly onAnother?: () => void;
  readonly onRemove: () => void;
}

function FilterMenu({ isNot = false, onNot, onOr, onAnother, onRemove }: FilterMenuProps): ReactNode {
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target><ActionIcon size={24} aria-label={t.filters.more}><IconDots size={14} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        {onNot ? <Menu.Item onClick={onNot}>{isNot ? t.filters.notNot : t.filters.makeNot}</Menu.Item> : null}
        {onOr ? <Menu.Item onClick={onOr}>{t.filters.makeOr}</Menu.Item> : null}
        {onAnother ? <Menu.Item onClick={onAnother}>{t.filters.another}</Menu.Item> : null}
        <Menu.Item onClick={onRemove}>{t.filters.removeFilter}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
