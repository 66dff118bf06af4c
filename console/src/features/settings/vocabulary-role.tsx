// One thing that shops count: which events mean it and where these say what. Closed, it says so in a line.
import { TagsInput } from "@mantine/core";
import { IconAlertCircle, IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { isItemProperty, recognised, type PropertyName } from "@tributary/schema/audience/vocabulary-names.ts";
import { observedPaths, vocabularyLimits, type RoleInForce } from "@tributary/schema/audience/vocabulary.ts";
import type { VocabularyRoleAnswer } from "@tributary/schema/api/vocabulary.ts";
import { texts } from "../../texts/texts.ts";
import { State, type Tone } from "../../ui/state.tsx";
import { Told } from "../../ui/told.tsx";
import { eventFieldsQuery } from "../schema/queries.ts";
import { propertiesOf, withEvents, withPaths, withWhere, wrongInPaths, wrongInRole, type Draft } from "./vocabulary-draft.ts";
import { Names, type CountedName } from "./vocabulary-names.tsx";

const t = texts.vocabulary;
/** Events of a role whose fields are looked into for what to propose. */
const LOOKED_INTO = 3;
const UNSEEN_SHOWN = 6;
const tones: Readonly<Record<RoleInForce["by"], Tone>> = { set: "good", recognised: "good", missing: "plain" };

export interface RoleProps {
  readonly role: RoleInForce;
  /** As the server told it, before anything was changed here. */
  readonly told: VocabularyRoleAnswer | undefined;
  readonly draft: Draft;
  readonly isChanged: boolean;
  readonly isOpen: boolean;
  readonly mayChange: boolean;
  readonly names: readonly CountedName[];
  readonly onTurn: () => void;
  readonly onChange: (draft: Draft) => void;
}

export function Role(props: RoleProps): ReactNode {
  const { role, draft, isChanged, isOpen, onTurn } = props;
  const wrong = wrongInRole(draft, role.role);
  return (
    <li>
      <button type="button" className="problem-rule" aria-expanded={isOpen} onClick={onTurn}>
        {isOpen ? <IconChevronDown size={15} aria-hidden /> : <IconChevronRight size={15} aria-hidden />}
        <span className="grow">
          <span className="row wrap"><strong>{t.role[role.role].name}</strong>{isChanged ? <span className="setting-mark">{t.changed}</span> : null}</span>
          <span className="dim problem-sentence"><Told text={lineOf(props)} /></span>
        </span>
        {wrong === undefined ? <State tone={tones[role.by]}>{t.by[role.by]}</State> : <State tone="attention">{wrong}</State>}
      </button>
      {isOpen ? <Opened {...props} /> : null}
    </li>
  );
}

function lineOf({ role, draft, names }: RoleProps): string {
  if (role.events.length === 0) return draft.roles[role.role]?.events ? t.noneSet : t.none;
  const events = t.any(role.events.map((event) => `\`${event.slice(0, 60)}\``));
  if (role.where !== null) return `${events}: ${t.any(role.where.paths.map((path) => `\`${path}\``))}`;
  const arrived = names.filter(({ name }) => role.events.includes(name)).reduce((sum, { count }) => sum + count, 0);
  return names.length === 0 ? events : `${events} · ${arrived === 0 ? t.never : t.seen(arrived)}`;
}

function Opened(props: RoleProps): ReactNode {
  const { role, draft, mayChange, names, onChange } = props;
  const counts = useMemo(() => new Map(names.map(({ name, count }) => [name, count])), [names]);
  const events = role.events.map((name) => ({ name, count: counts.get(name) ?? 0 }));
  const unseen = events.filter(({ count }) => count === 0);
  const isPart = recognised[role.role].partOf !== undefined;
  const about = t.role[role.role].about;
  return (
    <div className="vocabulary-role stack-wide">
      {about === "" ? null : <p className="dim">{about}</p>}
      {unseen.length === 0 || names.length === 0 ? null : (
        <div className="row problem-unseen"><IconAlertCircle size={15} aria-hidden /><span><Told text={t.neverSeen(t.any(unseen.slice(0, UNSEEN_SHOWN).map(({ name }) => `\`${name.slice(0, 80)}\``)))} /></span></div>
      )}
      <Names
        label={isPart ? t.eventsOf(t.role.order.name) : t.events} hint={t.eventsHint} shown={events} given={isPart ? undefined : draft.roles[role.role]?.events} proposals={names} none={t.none}
        max={vocabularyLimits.eventsMax} mayChange={mayChange && !isPart} error={wrongBoth(props)} onChange={(list) => onChange(withEvents(draft, role.role, list))}
      />
      <Properties {...props} arriving={counts} />
    </div>
  );
}

/** Only what is wrong with the events themselves; paths say their own. */
function wrongBoth({ role, draft }: RoleProps): string | undefined {
  const ownPaths = Object.values(draft.roles[role.role]?.properties ?? {}).flatMap((paths) => paths ?? []);
  return wrongInPaths(ownPaths) === undefined && draft.roles[role.role]?.where === undefined ? wrongInRole(draft, role.role) : undefined;
}

type Arriving = ReadonlyMap<string, number>;

function Properties(props: RoleProps & { readonly arriving: Arriving }): ReactNode {
  const { role, draft, mayChange, arriving, onChange } = props;
  const fields = useFieldCounts(role.events.filter((event) => (arriving.get(event) ?? 0) > 0));
  const all = propertiesOf(role.role);
  const countOf = (property: PropertyName, path: string): number => fields === undefined
    ? (props.told?.properties.find((one) => one.property === property)?.paths.find((one) => one.path === path)?.count ?? 0)
    : Math.max(0, ...observedPaths(role, property, path).map((one) => fields.get(one) ?? 0));
  const one = (property: PropertyName): ReactNode => {
    const given = draft.roles[role.role]?.properties?.[property];
    const paths = (role.properties[property] ?? []).map((path) => ({ name: path, count: countOf(property, path) }));
    return (
      <Names
        key={property} label={t.property[property]} hint={t.pathsHint} shown={given || role.propertiesSet.includes(property) ? paths : paths.filter(({ count }) => count > 0)} given={given} none={t.noPath}
        proposals={proposalsOf(role, property, fields)} max={vocabularyLimits.pathsMax} mayChange={mayChange} error={given && wrongInPaths(given)} onChange={(list) => onChange(withPaths(draft, role.role, property, list))}
      />
    );
  };
  if (all.length === 0 || role.events.length === 0) return <Where {...props} fields={fields} />;
  const items = all.filter(isItemProperty);
  return (
    <>
      <Where {...props} fields={fields} />
      <section className="stack" aria-label={t.properties}><h3>{t.properties}</h3><div className="vocabulary-fields">{all.filter((name) => !isItemProperty(name)).map(one)}</div></section>
      {items.length === 0 ? null : <section className="stack" aria-label={t.items}><h3>{t.items}</h3><p className="dim">{t.itemsText}</p><div className="vocabulary-fields">{items.map(one)}</div></section>}
    </>
  );
}

/** Of a part of orders: which of them. */
function Where({ role, draft, mayChange, onChange, fields }: RoleProps & { readonly fields: Arriving | undefined }): ReactNode {
  const known = recognised[role.role].partOf;
  if (known === undefined) return null;
  const given = draft.roles[role.role]?.where;
  const shown = (role.where?.paths ?? []).map((name) => ({ name, count: fields?.get(name) ?? 0 }));
  const change = (paths: readonly string[] | undefined): void => onChange(withWhere(draft, role.role, paths && { paths: [...paths], values: given?.values ?? role.where?.values ?? [...known.values] }));
  return (
    <section className="stack" aria-label={t.where}>
      <h3>{t.where}</h3>
      <Names
        label={t.wherePaths} hint={t.pathsHint} shown={shown} given={given?.paths} none={t.noPath} proposals={proposalsOf(role, "value", fields)} max={vocabularyLimits.pathsMax} mayChange={mayChange}
        error={given && wrongInRole(draft, role.role)} onChange={change}
      />
      {given && mayChange ? (
        <TagsInput label={t.whereValues} description={t.whereHint} maxTags={vocabularyLimits.valuesMax} splitChars={[]} acceptValueOnBlur value={given.values} onChange={(values) => onChange(withWhere(draft, role.role, { ...given, values }))} />
      ) : role.where === null ? null : (
        <div className="vocabulary-names"><div className="setting-label">{t.whereValues}</div><div className="row wrap">{role.where.values.map((value) => <code key={value} className="word"><bdi>{value}</bdi></code>)}</div></div>
      )}
    </section>
  );
}

/** Path → how many of these events carry it; undefined while that is not known. */
function useFieldCounts(events: readonly string[]): Arriving | undefined {
  return useQueries({
    queries: events.slice(0, LOOKED_INTO).map((event) => eventFieldsQuery(event)),
    combine: (results) => {
      if (results.some(({ data }) => data === undefined)) return undefined;
      const counts = new Map<string, number>();
      for (const { path, count } of results.flatMap(({ data }) => data?.fields ?? [])) counts.set(path, (counts.get(path) ?? 0) + count);
      return counts;
    },
  });
}

/** What arrives at the place where the property stands, the most frequent first. */
function proposalsOf(role: RoleInForce, property: PropertyName, fields: Arriving | undefined): CountedName[] {
  const all = [...(fields ?? [])].map(([name, count]) => ({ name, count })).toSorted((a, b) => b.count - a.count);
  const lists = role.properties.products ?? [];
  const within = (name: string): string | undefined => lists.map((list) => `${list}.`).find((list) => name.startsWith(list));
  if (!isItemProperty(property)) return all.filter(({ name }) => within(name) === undefined);
  const items = all.flatMap(({ name, count }) => { const list = within(name); return list === undefined ? [] : [{ name: name.slice(list.length), count }]; });
  return items.length > 0 ? items : all;
}
