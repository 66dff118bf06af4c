// What the forms of several kinds of computed traits ask: which events, which of them, which property, over which time.
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { EventFilters } from "../audiences/editors/event-filters.tsx";
import { EventNames, OrAnotherEvent, PathsPicker } from "../audiences/editors/event-editor.tsx";
import { eventText } from "../audiences/editors/event-groups.ts";
import { useEventFields, useNamesOf } from "../audiences/editors/fields.ts";
import { WindowEditor } from "../audiences/editors/window-editor.tsx";
import type { EventRef, Filter, Paths, Window } from "../audiences/model/condition.ts";
import type { Draft, Kind } from "./kinds.ts";
import { Readable } from "./readable.tsx";
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

export const options = <Key extends string>(words: Readonly<Record<Key, string>>, keys: readonly Key[]): { value: Key; label: string }[] => keys.map((value) => ({ value, label: words[value] }));

/** Which events; chosen as in the builder of audiences. */
export function EventField({ draft, isReadOnly, onChange, isNamesOnly = false }: KindFormProps & { readonly isNamesOnly?: boolean }): ReactNode {
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

export function PropertyField({ draft, isReadOnly, paths, item, onPick }: PropertyFieldProps): ReactNode {
  const fields = useEventFields(useNamesOf((draft["event"] ?? "") as EventRef)); // As above.
  return (
    <div role="group" aria-label={t.property} className="computed-field">
      <span className="computed-label">{t.property}</span>
      <fieldset disabled={isReadOnly} className="words"><PathsPicker label={t.property} paths={paths} item={item} fields={fields} onPick={onPick} /></fieldset>
    </div>
  );
}

/** Which of the events count: the filters of the audience builder. */
export function WhereField({ draft, isReadOnly, onChange }: KindFormProps): ReactNode {
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

/** Over which time: the windows of the audience builder. */
export function WindowField({ draft, isReadOnly, onChange }: KindFormProps): ReactNode {
  const { within, ...rest } = draft;
  return (
    <div role="group" aria-label={t.window} className="computed-field">
      <span className="computed-label">{t.window}</span>
      <Readable what={within} otherwise={t.windowOnlyJson}>
        <fieldset disabled={isReadOnly} className="words"><WindowEditor window={within as Window | undefined} onChange={(next) => onChange(next === undefined ? rest : { ...rest, within: next })} /></fieldset>
      </Readable>
    </div>
  );
}
