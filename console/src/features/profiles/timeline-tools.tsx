// What is looked for in a timeline: text, kinds of calls, one source. It stands in the address, and the server looks.
import { NativeSelect, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { useIsLeaving } from "../../ui/leaving.ts";
import { useIsMasked } from "../masking/masked.tsx";
import { sourceListQuery } from "../sources/queries.ts";
import type { PersonSearch } from "./search.ts";

const t = texts.profiles;
const TYPING_MS = 250;

export type TimelineLook = Pick<PersonSearch, "q" | "kind" | "source" | "before">;

export function TimelineTools({ look, onLook }: { readonly look: TimelineLook; readonly onLook: (look: TimelineLook) => void }): ReactNode {
  const { data: sources } = useQuery(sourceListQuery);
  // Words in what is masked are not looked for: the answer would tell what they are.
  const maySearch = !useIsMasked();
  const { q = "" } = look;
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  const isLeaving = useIsLeaving();
  useEffect(() => {
    if (text.trim() === q) return;
    const timer = setTimeout(() => isLeaving() || onLook({ ...look, q: text.trim() }), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="timeline-tools">
      {maySearch ? <TextInput size="xs" data-search leftSection={<IconSearch size={14} />} placeholder={t.timelineFilter} aria-label={t.timelineFilter} maxLength={200} value={text} onChange={(event) => setText(event.currentTarget.value)} /> : null}
      <NativeSelect size="xs" aria-label={t.kind} value={look.kind ?? ""} data={Object.entries(t.kinds).map(([value, label]) => ({ value, label }))} onChange={(event) => onLook({ ...look, kind: event.currentTarget.value })} />
      <NativeSelect
        size="xs" aria-label={t.source} value={look.source === undefined ? "" : String(look.source)}
        data={[{ value: "", label: t.anySource }, ...(sources ?? []).map((source) => ({ value: String(source.id), label: source.name.slice(0, 60) }))]}
        onChange={({ currentTarget: { value } }) => onLook({ ...look, source: value === "" ? undefined : Number(value) } as TimelineLook)}
      />
    </div>
  );
}
