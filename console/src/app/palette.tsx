// ⌘K: go anywhere, find anybody.
import { useDebouncedValue } from "@mantine/hooks";
import { Spotlight, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconFileImport, IconKeyboard, IconLogout, IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { profilesQuery } from "../features/profiles/queries.ts";
import { identifiersByWeight, nameOf } from "../features/profiles/person-words.ts";
import { texts } from "../texts/texts.ts";
import { valueText } from "../ui/format.ts";
import { Face } from "../ui/value.tsx";
import { places } from "./navigation.tsx";

const t = texts.palette;
const PEOPLE_MAX = 6;

export function Palette({ onSignOut, onShortcuts }: { readonly onSignOut: () => void; readonly onShortcuts: () => void }): ReactNode {
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const [search] = useDebouncedValue(query.trim(), 150);
  const found = useQuery({ ...profilesQuery(search, PEOPLE_MAX), enabled: search.length >= 2, placeholderData: keepPreviousData });
  const people = search.length < 2 ? [] : (found.data?.data ?? []).slice(0, PEOPLE_MAX);
  const matches = (text: string): boolean => text.toLowerCase().includes(query.trim().toLowerCase());
  const groups: SpotlightActionGroupData[] = [
    {
      group: t.people,
      actions: people.map((person) => ({
        id: person.id, label: valueText(nameOf(person), 80), description: identifiersByWeight(person.identifiers).slice(0, 2).map((one) => valueText(one.value, 40)).join("  ·  "),
        leftSection: <Face name={nameOf(person)} isAnonymous={person.is_anonymous} />, onClick: () => void navigate({ to: "/profiles/$ref", params: { ref: person.id } }),
      })),
    },
    { group: t.goTo, actions: places.filter(({ text }) => matches(text)).map(({ to, text, Icon }) => ({ id: to, label: text, leftSection: <Icon size={18} stroke={1.6} />, onClick: () => void navigate({ to }) })) },
    {
      group: t.actions,
      actions: [
        { id: "import", label: texts.imports.create, leftSection: <IconFileImport size={18} stroke={1.6} />, onClick: () => void navigate({ to: "/imports/new" }) },
        { id: "imports", label: texts.imports.title, leftSection: <IconFileImport size={18} stroke={1.6} />, onClick: () => void navigate({ to: "/imports" }) },
        { id: "shortcuts", label: t.shortcuts, leftSection: <IconKeyboard size={18} stroke={1.6} />, onClick: onShortcuts },
        { id: "sign-out", label: texts.navigation.signOut, leftSection: <IconLogout size={18} stroke={1.6} />, onClick: onSignOut },
      ].filter(({ label }) => matches(label)),
    },
  ];
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)} filter={(_, actions) => actions} query={query} onQueryChange={setQuery} shortcut={["mod + K"]} tagsToIgnore={[]}
      nothingFound={found.isFetching ? t.searching : t.nothing} scrollable maxHeight={420} yOffset="14vh" overlayProps={{ backgroundOpacity: 0.35, blur: 0 }} transitionProps={{ duration: 80 }} clearQueryOnClose
      searchProps={{ leftSection: <IconSearch size={18} />, placeholder: t.placeholder, "aria-label": t.placeholder }}
    />
  );
}
