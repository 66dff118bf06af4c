// Over which time: a word that opens the ways in which people say it. Whoever types "14 days" or "since 1 May" is understood.
import { Popover, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { languageOf, sayWindow } from "@tributary/schema/audience/sentence.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { language, texts } from "../../../texts/texts.ts";
import { todayIn } from "../../../ui/zones.ts";
import { workspaceQuery } from "../../settings/queries.ts";
import { DEFAULT_WINDOW, withoutUndefined, type EventRef, type Window } from "../model/condition.ts";
import { readWindow, windowKind, type WindowKind } from "../model/window-words.ts";
import { eventOfPick, eventText, useEventGroups } from "./event-groups.ts";
import { useTraits } from "./fields.ts";
import { Picker } from "./picker.tsx";
import { DurationWords, durationOf } from "./value-editor.tsx";
import { WordDay, WordNumber, WordSelect } from "./words.tsx";
import { ZoneNote } from "./zone-note.tsx";

const t = texts.audiences;
const say = languageOf(language);

export interface WindowEditorProps {
  readonly window: Window | undefined;
  readonly onChange: (window: Window | undefined, mark?: string) => void;
  /** What this kind of condition does not know. */
  readonly without?: readonly WindowKind[];
}

/** "in the last 14 days". What is unfinished is said as well as it can be. */
export function windowText(window: Window | undefined): string {
  try {
    return sayWindow(say, window as never); // As far as it is one; else the catch below.
  } catch {
    return t.window.unfinished;
  }
}

/** A day begins in the workspace's zone, so that is where it is today. */
const useToday = (): string => todayIn(useQuery(workspaceQuery).data?.time_zone);

export function WindowEditor({ window, onChange, without = [] }: WindowEditorProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const leave = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && !isOpenList(event.target)) setIsOpen(false);
  };
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-start" width={360} trapFocus returnFocus withinPortal shadow="sm" closeOnEscape={false}>
      <Popover.Target>
        <button type="button" className="word-button" aria-label={`${t.window.label}: ${windowText(window)}`} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>{windowText(window)}</button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.window.label} onKeyDownCapture={leave}>
        <WindowForm window={window} onChange={onChange} without={without} onDone={() => setIsOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

/** Escape closes what is open within first. */
function isOpenList(place: EventTarget): boolean {
  return place instanceof Element && place.getAttribute("aria-expanded") === "true";
}

const kinds: readonly WindowKind[] = ["rolling", "period", "between", "since", "ever"];

function WindowForm({ window, onChange, without, onDone }: Required<Pick<WindowEditorProps, "onChange" | "without">> & Pick<WindowEditorProps, "window"> & { readonly onDone: () => void }): ReactNode {
  const [text, setText] = useState("");
  const today = useToday();
  const read = readWindow(text, t.windowWords, today);
  const isUnderstood = read !== undefined && !without.includes(windowKind(read ?? undefined));
  const take = (): void => {
    if (!isUnderstood) return;
    onChange(read ?? undefined);
    onDone();
  };
  const kind = windowKind(window);
  return (
    <div className="stack window-form">
      <TextInput
        data-autofocus label={t.window.say} placeholder={t.window.example} value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === "Enter") take(); }}
        description={text === "" ? undefined : isUnderstood ? t.window.understood(windowText(read ?? undefined)) : t.window.notUnderstood}
      />
      <SegmentedControl aria-label={t.window.kind} size="xs" fullWidth value={kind} data={kinds.filter((one) => !without.includes(one)).map((value) => ({ value, label: t.window.kinds[value] }))} onChange={(next) => onChange(beginning(next, today))} />
      <div className="words">{windowWords(kind, window, onChange)}</div>
      <p className="dim">{t.window.notes[kind]} <ZoneNote kind={kind} /></p>
    </div>
  );
}

function beginning(kind: string, today: string): Window | undefined {
  switch (kind) {
    case "rolling":
      return { ...DEFAULT_WINDOW };
    case "period":
      return { period: "this", count: 1, unit: "month", zone: "workspace" };
    case "between":
      return { from: `${today.slice(0, 8)}01` };
    case "since":
      return { since: { event: "", which: "last" } };
    default:
      return undefined;
  }
}

type OnChange = WindowEditorProps["onChange"];

function windowWords(kind: WindowKind, window: Window | undefined, onChange: OnChange): ReactNode {
  if (window === undefined) return null;
  switch (kind) {
    case "rolling":
      return <><span>{t.window.inTheLast}</span><DurationWords value={window} onChange={(next) => onChange({ ...next }, "window")} /></>;
    case "period":
      return <PeriodWords window={window} onChange={onChange} />;
    case "between":
      return <BetweenWords window={window} onChange={onChange} />;
    case "since":
      return <SinceWords window={window} onChange={onChange} />;
    case "ever":
      return null;
  }
}

const periodUnits = ["day", "week", "month", "quarter", "year"] as const;

function PeriodWords({ window, onChange }: { readonly window: Window; readonly onChange: OnChange }): ReactNode {
  const { period = "this", count = 1, unit = "month", zone = "workspace" } = window as { period?: string; count?: number; unit?: string; zone?: string }; // Of this kind.
  const set = (change: object): void => onChange({ ...window, ...change }, "window");
  return (
    <>
      <WordSelect label={t.window.period} value={period} options={(["this", "previous", "last"] as const).map((value) => ({ value, label: t.window.periods[value] }))} onChange={(value) => set({ period: value })} />
      {period === "last" ? <WordNumber isWhole least={1} label={t.window.howMany} value={count} onChange={(value) => value !== undefined && set({ count: value })} /> : null}
      <WordSelect label={t.window.unit} value={unit} options={periodUnits.map((value) => ({ value, label: period === "last" && count !== 1 ? t.window.units[value] : t.window.unit1[value] }))} onChange={(value) => set({ unit: value })} />
      <WordSelect label={t.window.zone} value={zone} options={(["workspace", "person"] as const).map((value) => ({ value, label: t.window.zones[value] }))} onChange={(value) => set({ zone: value })} />
    </>
  );
}

function BetweenWords({ window, onChange }: { readonly window: Window; readonly onChange: OnChange }): ReactNode {
  const { from, to } = window as { from?: string; to?: string }; // Of this kind.
  const set = (change: { from?: string | undefined; to?: string | undefined }): void => {
    const next = withoutUndefined({ from, to, ...change });
    if (Object.keys(next).length > 0) onChange(next as Window, "window"); // Of its two ends, those that are there.
  };
  return (
    <>
      <span>{t.window.from}</span><WordDay label={t.window.fromDay} value={from ?? ""} onChange={(value) => set({ from: value === "" ? undefined : value })} />
      <span>{t.window.until}</span><WordDay label={t.window.untilDay} value={to ?? ""} onChange={(value) => set({ to: value === "" ? undefined : value })} />
    </>
  );
}

function SinceWords({ window, onChange }: { readonly window: Window; readonly onChange: OnChange }): ReactNode {
  const groupsOfEvents = useEventGroups();
  const traits = useTraits();
  const since = isRecord(window["since"]) ? window["since"] : {};
  const isTrait = "trait" in since;
  const chosen = isTrait ? String(since["trait"]) : eventText((since["event"] ?? "") as EventRef); // As the schema has it.
  const groups = groupsOfEvents && [
    ...groupsOfEvents.map(({ title, options }) => ({ title, options: options.map((one) => ({ ...one, value: `event ${one.value}` })) })),
    { title: t.add.traits, options: (traits ?? []).map(({ path, count }) => ({ value: `trait ${path}`, label: path, count })) },
  ];
  const pick = (value: string): void => {
    // What was typed, and is none of these, is the name of an event.
    const [, kind, name] = /^(event|trait) ([^]*)$/.exec(value) ?? [value, "event", value];
    onChange({ ...window, since: kind === "trait" ? { trait: name } : { event: eventOfPick(name ?? ""), which: since["which"] ?? "last" } });
  };
  return (
    <>
      <span>{t.window.since}</span>
      {isTrait ? null : <WordSelect label={t.window.which} value={String(since["which"] ?? "last")} options={(["first", "last"] as const).map((value) => ({ value, label: t.window.whiches[value] }))} onChange={(which) => onChange({ ...window, since: { ...since, which } })} />}
      <Picker isWithin label={t.window.anchor} placeholder={t.add.search} groups={groups} isPlaceholder={chosen === ""} onPick={pick} other={t.picker.useEvent}><bdi className="cut">{chosen === "" ? t.window.chooseAnchor : chosen}</bdi></Picker>
      {window["for"] === undefined
        ? <button type="button" className="word-button add" onClick={() => onChange({ ...window, for: durationOf(undefined) })}>{t.window.addFor}</button>
        : <><span>{t.window.for}</span><DurationWords value={window["for"]} onChange={(value) => onChange({ ...window, for: value }, "window")} /><button type="button" className="word-button add" aria-label={t.window.dropFor} onClick={() => onChange(withoutUndefined({ ...window, for: undefined }))}>×</button></>}
    </>
  );
}
