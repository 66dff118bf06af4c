// ⌘K: go anywhere, find anybody.
import { useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Spotlight, spotlight, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { profilesQuery } from "../features/profiles/queries.ts";
import { identifiersByWeight, nameOf } from "../features/profiles/person-words.ts";
import { texts } from "../texts/texts.ts";
import { valueText } from "../ui/format.ts";
import { Face } from "../ui/value.tsx";
import { commandsOf, type CommandDeps } from "./commands.tsx";
import { useIsMasked } from "../features/masking/masked.tsx";
import { placesFor } from "./navigation.tsx";

const t = texts.palette;
const PEOPLE_MAX = 6;

export type PaletteProps = Pick<CommandDeps, "session" | "onWorkspace" | "onShortcuts" | "onSignOut">;

export function Palette(props: PaletteProps): ReactNode {
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const commands = commandsOf({ ...props, places: placesFor(props.session), go: (href) => void navigate({ href }), onScheme: setColorScheme });
  const [query, setQuery] = useState("");
  // Who sees people masked has few look-ups a minute, so none is spent while somebody types.
  const isMasked = useIsMasked();
  const [search] = useDebouncedValue(query.trim(), 150);
  const found = useQuery({ ...profilesQuery(search, PEOPLE_MAX), enabled: search.length >= 2 && !isMasked, placeholderData: keepPreviousData });
  const people = search.length < 2 || isMasked ? [] : (found.data?.data ?? []).slice(0, PEOPLE_MAX);
  const matches = (text: string): boolean => text.toLowerCase().includes(query.trim().toLowerCase());
  const groups: SpotlightActionGroupData[] = [
    {
      group: t.people,
      actions: people.map((person) => ({
        id: person.id, label: valueText(nameOf(person), 80), description: identifiersByWeight(person.identifiers).slice(0, 2).map((one) => valueText(one.value, 40)).join("  ·  "),
        leftSection: <Face name={nameOf(person)} isAnonymous={person.is_anonymous} />, onClick: () => void navigate({ to: "/profiles/$ref", params: { ref: person.id } }),
      })),
    },
    {
      group: t.people,
      actions: !isMasked || query.trim().length < 2 ? [] : [{
        id: "find", label: texts.masking.findInProfiles(query.trim().slice(0, 60)), leftSection: <IconSearch size={18} stroke={1.6} />,
        onClick: () => void navigate({ to: "/profiles", search: { search: query.trim() } }),
      }],
    },
    ...[t.goTo, t.actions].map((group) => ({
      group,
      actions: commands.filter((command) => command.group === group && matches(command.label))
        .map(({ id, label, Icon, run }) => ({ id, label, leftSection: <Icon size={18} stroke={1.6} />, onClick: run })),
    })),
  ];
  /** Enter alone takes the first, as one expects after typing a name. */
  const takeFirst = (event: KeyboardEvent<HTMLInputElement>): void => {
    const isChosen = document.querySelector(".mantine-Spotlight-action[data-selected]") !== null;
    const first = groups.flatMap(({ actions }) => actions)[0];
    if (event.key !== "Enter" || event.nativeEvent.isComposing || isChosen || first === undefined || found.isFetching) return;
    spotlight.close();
    first.onClick?.(event as never);
  };
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)} filter={(_, actions) => actions} query={query} onQueryChange={setQuery} shortcut={["mod + K"]} tagsToIgnore={[]}
      nothingFound={found.isFetching ? t.searching : t.nothing} scrollable maxHeight={420} yOffset="14vh" overlayProps={{ backgroundOpacity: 0.35, blur: 0 }} transitionProps={{ duration: 80 }} clearQueryOnClose
      searchProps={{ onKeyDown: takeFirst, leftSection: <IconSearch size={18} />, placeholder: t.placeholder, "aria-label": t.placeholder }}
    />
  );
}
