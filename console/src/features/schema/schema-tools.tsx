// Above a table of events or fields: what it is filtered by, and what can be done with it.
import { Switch, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { useIsLeaving } from "../../ui/leaving.ts";
import type { FieldsSearch } from "./schema-search.ts";

const t = texts.schema;
const TYPING_MS = 150;

export interface SchemaToolsProps<Search extends FieldsSearch> {
  readonly search: Search;
  readonly onSearch: (search: Search) => void;
  readonly findLabel: string;
  readonly tabs?: ReactNode;
  readonly children?: ReactNode;
}

export function SchemaTools<Search extends FieldsSearch>({ search, onSearch, findLabel, tabs, children }: SchemaToolsProps<Search>): ReactNode {
  const isLeaving = useIsLeaving();
  const [text, setText] = useState(search.find ?? "");
  useEffect(() => setText(search.find ?? ""), [search.find]);
  useEffect(() => {
    if (text === (search.find ?? "")) return;
    const timer = setTimeout(() => {
      if (isLeaving()) return;
      const { find: _, ...rest } = search;
      onSearch((text === "" ? rest : { ...rest, find: text }) as Search); // Only `find` differs.
    }, TYPING_MS);
    return () => clearTimeout(timer);
  });
  const setChanged = (isOn: boolean): void => {
    const { changed: _, ...rest } = search;
    onSearch((isOn ? { ...rest, changed: true } : rest) as Search); // Only `changed` differs.
  };
  return (
    <div className="schema-tools" role="search" aria-label={t.title}>
      {tabs}
      <TextInput className="schema-find" data-search leftSection={<IconSearch size={15} />} placeholder={findLabel} aria-label={findLabel} maxLength={200} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <Switch size="sm" label={t.onlyChanged} checked={search.changed === true} onChange={(event) => setChanged(event.currentTarget.checked)} />
      {children}
    </div>
  );
}
