// Words that a list is searched by: kept in the address a moment after the last letter.
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";
import { useIsLeaving } from "../../ui/leaving.ts";

const TYPING_MS = 150;

export function FindField({ label, value, onChange }: { readonly label: string; readonly value: string; readonly onChange: (value: string) => void }): ReactNode {
  const isLeaving = useIsLeaving();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => { if (!isLeaving()) onChange(text); }, TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      className="destination-find" data-search leftSection={<IconSearch size={15} aria-hidden />} placeholder={label} aria-label={label} maxLength={200} value={text}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}
