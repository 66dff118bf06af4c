// Events to pick from: those that arrive, the most frequent first, and the words of the vocabulary that mean some of them.
import { useQuery } from "@tanstack/react-query";
import { texts } from "../../../texts/texts.ts";
import { vocabularyQuery } from "../../settings/queries.ts";
import { isRole, namesOf, type EventRef } from "../model/condition.ts";
import { useEventNames } from "./fields.ts";
import type { PickerGroup } from "./picker.tsx";

const t = texts.audiences;

export function useEventGroups(): readonly PickerGroup[] | undefined {
  const events = useEventNames();
  const { data: vocabulary } = useQuery(vocabularyQuery);
  const roles: Readonly<Record<string, { readonly name: string }>> = texts.vocabulary.role;
  return events && [
    { title: t.add.events, options: events.map(({ event, count }) => ({ value: event, label: event, count })) },
    {
      title: t.event.roles,
      options: (vocabulary?.roles ?? []).filter(({ events: of }) => of.length > 0).map(({ role, events: of }) => ({ value: `${ROLE}${role}`, label: roles[role]?.name ?? role, note: of.slice(0, 2).map(({ event }) => event).join(", ") })),
    },
  ];
}

export const ROLE = "\u0000role:";
export const eventOfPick = (picked: string): EventRef => (picked.startsWith(ROLE) ? { role: picked.slice(ROLE.length) } : picked);

export function eventText(event: EventRef): string {
  const roles: Readonly<Record<string, { readonly name: string }>> = texts.vocabulary.role;
  return isRole(event) ? (roles[event.role]?.name ?? event.role) : namesOf(event).join(", ");
}
