// The filters of the live debugger. Each stands in the address, so a filtered view can be sent to somebody.
import { Button, Select, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { useIsLeaving } from "../../ui/leaving.ts";
import { may, sessionQuery } from "../accounts/session.ts";
import { sourceListQuery } from "../sources/queries.ts";
import { eventTypes } from "./event-type.tsx";
import { filtersOf, openOf, type LiveSearch } from "./live-search.ts";
import "./live.css";

const t = texts.events;
const TYPING_MS = 350;
const outcomes = ["stored", "duplicate", "quarantined", "dropped", "withdrawn"] as const;

export interface LiveFiltersProps {
  readonly search: LiveSearch;
  readonly onChange: (search: LiveSearch) => void;
}

export function LiveFilters({ search, onChange }: LiveFiltersProps): ReactNode {
  const sources = useQuery(sourceListQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const set = (name: keyof LiveSearch, value: string | number | null): void => {
    const { [name]: _, ...rest } = search;
    onChange(value === null || value === "" ? rest : { ...rest, [name]: value });
  };
  const isFiltered = Object.keys(filtersOf(search)).length > 0;
  return (
    <div className="live-filters" role="search" aria-label={t.filters.label}>
      <TypedFilter label={t.filters.event} value={search.event ?? ""} onChange={(value) => set("event", value)} charactersMax={512} isSearch />
      <TypedFilter label={t.filters.person} value={search.profile ?? ""} onChange={(value) => set("profile", value)} charactersMax={2_000} />
      {may(session, "personal_data") ? <TypedFilter label={t.filters.text} value={search.text ?? ""} onChange={(value) => set("text", value)} charactersMax={200} /> : null}
      <Choice label={t.filters.type} value={search.type} data={eventTypes.map((type) => ({ value: type, label: type }))} onChange={(value) => set("type", value)} />
      <Choice label={t.filters.outcome} value={search.outcome} data={outcomes.map((value) => ({ value, label: texts.everywhere.outcomes[value] ?? value }))} onChange={(value) => set("outcome", value)} />
      <Choice
        label={t.filters.source} value={search.source === undefined ? undefined : String(search.source)}
        data={(sources.data ?? []).map((source) => ({ value: String(source.id), label: source.name.slice(0, 80) }))} onChange={(value) => set("source", value === null ? null : Number(value))}
      />
      {isFiltered ? <Button variant="subtle" color="gray" onClick={() => onChange(openOf(search))}>{t.filters.clear}</Button> : null}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly data: { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string | null) => void;
}

function Choice({ label, value, data, onChange }: ChoiceProps): ReactNode {
  return <Select w={120} placeholder={label} aria-label={label} value={value ?? null} data={data} onChange={onChange} clearable clearButtonProps={{ "aria-label": t.filters.clear }} comboboxProps={{ width: "max-content", position: "bottom-start" }} />;
}

interface TypedFilterProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly charactersMax: number;
  /** The one that the key for searching goes to. */
  readonly isSearch?: boolean;
}

/** Applied when one stops typing: each letter would open another stream. */
function TypedFilter({ label, value, onChange, charactersMax, isSearch = false }: TypedFilterProps): ReactNode {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const isLeaving = useIsLeaving();
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => isLeaving() || onChange(text), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      className="live-name" {...(isSearch ? { "data-search": true, leftSection: <IconSearch size={15} /> } : {})} placeholder={label} aria-label={label} maxLength={charactersMax}
      value={text} onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}
