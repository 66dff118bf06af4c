// What somebody did: which events, what they say, how often or how much, and over which time.
import { type ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import {
  eventLeaf, isItem, isRole, listOf, namesOf, shapeOf, withOp, withoutUndefined, type EventLeaf, type EventRef, type Measure, type Paths,
} from "../model/condition.ts";
import type { Leaf } from "../model/draft.ts";
import { EventFilters } from "./event-filters.tsx";
import { eventOfPick, eventText, useEventGroups } from "./event-groups.ts";
import { useEventFields, useNamesOf, type EventFields } from "./fields.ts";
import { Picker } from "./picker.tsx";
import { DurationWords } from "./value-editor.tsx";
import { WindowEditor } from "./window-editor.tsx";
import { WordDay, WordNumber, WordSelect } from "./words.tsx";
import { ByClockOf } from "./zone-note.tsx";

const t = texts.audiences;

export interface LeafEditorProps {
  readonly leaf: Leaf;
  readonly isNot: boolean;
  readonly onChange: (leaf: Leaf, mark?: string) => void;
  readonly onNot: (isNot: boolean) => void;
}

export function EventEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const one = eventLeaf(leaf);
  const names = useNamesOf(one.event);
  const fields = useEventFields(names);
  const set = (change: Partial<EventLeaf>, mark?: string): void => onChange(withoutUndefined({ ...one, ...change }) as unknown as Leaf, mark);
  const isTime = one.measure.of === "first" || one.measure.of === "last";
  return (
    <div className="leaf">
      <div className="words">
        <WordSelect label={t.event.did} value={isNot ? "not" : "did"} options={[{ value: "did", label: t.event.dids.did }, { value: "not", label: t.event.dids.not }]} onChange={(value) => onNot(value === "not")} />
        <EventNames event={one.event} onChange={(event) => set({ event })} />
        <MeasureWords one={one} fields={fields} onChange={set} onAll={(next) => onChange(next as unknown as Leaf)} />
        <WindowEditor window={one.within} without={isTime ? ["rolling"] : []} onChange={(within, mark) => set({ within: within as never }, mark)} />
        {one.once_per === undefined ? null : (
          <span className="words"><span>{t.event.oncePer}</span><PathsPicker label={t.event.oncePer} paths={one.once_per} fields={fields} onPick={(path, item) => set({ once_per: item === undefined ? path : `${item}.${path}` })} /><button type="button" className="word-button add" aria-label={t.event.dropOncePer} onClick={() => set({ once_per: undefined as never })}>×</button></span>
        )}
      </div>
      <EventFilters event={one.event} where={one.where} onChange={(where, mark) => set({ where: where as never }, mark)}>
        <OrAnotherEvent event={one.event} onChange={(event) => set({ event })} />
        {isTime || one.measure.of === "distinct" || one.once_per !== undefined ? null : <OncePer fields={fields} onPick={(once_per) => set({ once_per })} />}
      </EventFilters>
    </div>
  );
}

/** Rarely wanted, so small: only where something like an id arrives. */
function OncePer({ fields, onPick }: { readonly fields: EventFields | undefined; readonly onPick: (path: string) => void }): ReactNode {
  const id = fields?.fields.find(({ path }) => /(^|_|\.)(order|transaction|booking|session|subscription)_?id$/i.test(path))?.path;
  return id === undefined ? null : <button type="button" className="word-button add small quiet" onClick={() => onPick(id)}>{t.event.addOncePer(id)}</button>;
}

// ── Which events ──────────────────────────────────────────────────────────────────────────────────────────────────

export interface EventNamesProps {
  readonly event: EventRef;
  /** No roles of the vocabulary, where only names may stand. */
  readonly isNamesOnly?: boolean;
  readonly onChange: (event: EventRef) => void;
}

export function EventNames({ event, isNamesOnly = false, onChange }: EventNamesProps): ReactNode {
  const all = useEventGroups();
  const groups = isNamesOnly ? all?.slice(0, 1) : all;
  const names = namesOf(event);
  const replace = (index: number, picked: string): void => {
    const next = eventOfPick(picked);
    if (isRole(next) || names.length <= 1) return onChange(next);
    onChange([...new Set(names.with(index, picked))]);
  };
  return (
    <span className="words">
      {isRole(event) || names.length === 0
        ? <Picker label={t.event.which} placeholder={t.add.search} groups={groups} onPick={(picked) => onChange(eventOfPick(picked))} other={t.picker.useEvent} isPlaceholder={!isRole(event)}><bdi className="cut">{isRole(event) ? eventText(event) : t.event.choose}</bdi></Picker>
        : names.map((name, index) => (
          <span key={name} className="words">
            {index === 0 ? null : <span>{t.filters.or}</span>}
            <Picker label={t.event.which} placeholder={t.add.search} groups={groups} onPick={(picked) => replace(index, picked)} other={t.picker.useEvent}><bdi className="cut">{name}</bdi></Picker>
            {names.length > 1 ? <button type="button" className="word-button add" aria-label={t.filters.remove(name)} onClick={() => onChange(names.length === 2 ? (names[1 - index] ?? "") : names.toSpliced(index, 1))}>×</button> : null}
          </span>
        ))}
    </span>
  );
}

export function OrAnotherEvent({ event, onChange }: { readonly event: EventRef; readonly onChange: (event: EventRef) => void }): ReactNode {
  const groups = useEventGroups();
  const names = namesOf(event);
  if (names.length === 0) return null;
  return <Picker label={t.event.orAnother} variant="add quiet" placeholder={t.add.search} groups={groups?.slice(0, 1)} onPick={(picked) => onChange([...new Set([...names, picked])])} other={t.picker.useEvent}>{t.event.or}</Picker>;
}

// ── How often, how much ───────────────────────────────────────────────────────────────────────────────────────────

const measures = ["count", "sum", "average", "min", "max", "distinct", "first", "last"] as const;
const numberOps = ["at_least", "at_most", "more_than", "less_than", "equals", "between"] as const;
const timeOps = ["more_than_ago", "in_last", "before", "on_or_after"] as const;

interface MeasureProps {
  readonly one: EventLeaf;
  readonly fields: EventFields | undefined;
  readonly onChange: (change: Partial<EventLeaf>, mark?: string) => void;
  readonly onAll: (leaf: EventLeaf) => void;
}

function MeasureWords({ one, fields, onChange, onAll }: MeasureProps): ReactNode {
  const { measure } = one;
  const isTime = measure.of === "first" || measure.of === "last";
  const ops = isTime ? timeOps : numberOps;
  const op = <WordSelect label={t.measure.comparison} value={one.op} options={ops.map((value) => ({ value, label: isTime || measure.of !== "count" ? t.measure.isOps[value] : t.measure.ops[value] }))} onChange={(value) => onAll(withOp(one, value))} />;
  const select = <MeasureSelect one={one} fields={fields} onAll={onAll} />;
  if (measure.of === "count") return <>{op}<MeasureValue one={one} onChange={onChange} />{select}</>;
  return (
    <>
      <span>{isTime ? t.measure.whose : t.measure.with}</span>{select}
      {isTime ? null : <PathsPicker label={t.measure.property} paths={measure.property} item={measure.item} fields={fields} onPick={(property, item) => onChange({ measure: withoutUndefined({ ...measure, property, item: item as never }) })} />}
      {measure.of === "sum" && isRole(one.event) ? <NetChoice measure={measure} onChange={(next) => onChange({ measure: next })} /> : null}
      {op}<MeasureValue one={one} onChange={onChange} />
    </>
  );
}

/** Times, things of a list (of those that the filters let through), and what is worked out of a property. */
function MeasureSelect({ one, fields, onAll }: Omit<MeasureProps, "onChange">): ReactNode {
  const { measure } = one;
  const lists = [...new Set([...(measure.of === "count" && measure.item !== undefined ? [measure.item] : []), ...(one.where ?? []).flatMap((filter) => (isItem(filter) ? [filter.item] : [])), ...(fields?.lists ?? [])])];
  const choose = (value: string): void => {
    const item = value.startsWith(ITEM) ? value.slice(ITEM.length) : undefined;
    const next = measured(one, item === undefined ? value : "count", fields);
    onAll(item === undefined ? next : { ...next, measure: { of: "count", item } });
  };
  const options = measures.map((value) => ({ value: value as string, label: value === "count" && one.value === 1 ? t.measure.once : t.measure.of[value] })).toSpliced(1, 0, ...lists.map((list) => ({ value: `${ITEM}${list}`, label: list })));
  return <WordSelect label={t.measure.label} value={measure.of === "count" && measure.item !== undefined ? `${ITEM}${measure.item}` : measure.of} options={options} onChange={choose} />;
}

const ITEM = "item:";

function NetChoice({ measure, onChange }: { readonly measure: Measure; readonly onChange: (measure: Measure) => void }): ReactNode {
  return <WordSelect label={t.measure.net.label} value={measure.net === true ? "net" : "gross"} options={[{ value: "gross", label: t.measure.net.gross }, { value: "net", label: t.measure.net.net }]} onChange={(value) => onChange(withoutUndefined({ ...measure, net: (value === "net" ? true : undefined) as never }))} />;
}

function MeasureValue({ one, onChange }: Pick<MeasureProps, "one" | "onChange">): ReactNode {
  const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  switch (shapeOf(one.op)) {
    case "between":
      return <><WordNumber label={t.value.from(t.measure.value)} value={number(one.from)} onChange={(from) => onChange({ from }, "from")} /><span>{t.value.and}</span><WordNumber label={t.value.to(t.measure.value)} value={number(one.to)} onChange={(to) => onChange({ to }, "to")} /></>;
    case "duration":
      return <DurationWords value={one.value} onChange={(value) => onChange({ value }, "value")} />;
    case "time":
      return <><WordDay label={t.measure.value} value={String(one.value ?? "")} onChange={(value) => onChange({ value }, "value")} /><ByClockOf value={one.value} /></>;
    default:
      return <WordNumber label={t.measure.value} value={number(one.value)} onChange={(value) => onChange({ value }, "value")} />;
  }
}

/** The same events with another measure: times are compared as times, and where it needs a property the likeliest is there. */
export function measured(one: EventLeaf, of: string, fields: EventFields | undefined): EventLeaf {
  const isTime = of === "first" || of === "last";
  const wasTime = one.measure.of === "first" || one.measure.of === "last";
  const { within, once_per: _, ...rest } = one;
  const needsProperty = !isTime && of !== "count";
  const likely: Paths = isRole(one.event) ? { role: of === "distinct" ? "product_id" : "value" } : likelyPath(of, fields);
  const measure: Measure = { of, ...(needsProperty ? { property: one.measure.property ?? likely } : {}), ...(needsProperty && one.measure.item !== undefined ? { item: one.measure.item } : {}) };
  const isRolling = within !== undefined && "last" in within;
  const kept = isTime ? (isRolling ? {} : withoutUndefined({ within: within as never })) : withoutUndefined({ within: within as never });
  const changed = { ...rest, ...kept, measure } as EventLeaf;
  if (isTime === wasTime) return changed;
  return isTime ? { ...changed, op: "in_last", value: { last: isRolling ? Number(within["last"]) : 90, unit: isRolling ? String(within["unit"]) : "day" } } : { ...changed, op: "at_least", value: 1 };
}

/** Of sums and the like a value by its usual names, else any number; of different ones anything else. */
function likelyPath(of: string, fields: EventFields | undefined): string {
  const fitting = fields?.fields.filter(({ types, path }) => listOf(path, fields.lists) === undefined && (of === "distinct") !== types.some(({ type }) => type === "number")) ?? [];
  return (fitting.find(({ path }) => /^(total|revenue|value|amount|order_id)$/.test(path)) ?? fitting[0])?.path ?? "";
}

interface PathsPickerProps {
  readonly label: string;
  readonly paths: Paths | undefined;
  /** The list within whose things the paths are. */
  readonly item?: string | undefined;
  readonly fields: EventFields | undefined;
  readonly onPick: (path: string, item: string | undefined) => void;
}

/** A property within the things of a list is measured for each of them. */
export function PathsPicker({ label, paths, item, fields, onPick }: PathsPickerProps): ReactNode {
  const properties: Readonly<Record<string, string>> = texts.vocabulary.property;
  const prefix = item === undefined ? "" : `${item}.`;
  const text = paths === undefined ? "" : isRole(paths) ? (properties[paths.role] ?? paths.role) : (typeof paths === "string" ? [paths] : paths).filter((path) => path !== "").map((path) => `${prefix}${path}`).join(` ${t.filters.or} `);
  const groups = fields && [{ title: t.filters.ofEvent, options: fields.fields.filter(({ types }) => !types.some(({ type }) => type === "objects")).map(({ path, count }) => ({ value: path, label: path, count })) }];
  const pick = (path: string): void => {
    const list = listOf(path, fields?.lists ?? []);
    onPick(list === undefined ? path : path.slice(list.length + 1), list);
  };
  return <Picker label={label} placeholder={t.filters.searchProperty} groups={groups} onPick={pick} other={t.filters.useProperty} isPlaceholder={text === ""}><bdi className="mono cut">{text === "" ? t.measure.choose : text}</bdi></Picker>;
}
