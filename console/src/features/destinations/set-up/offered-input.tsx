// A field for which the destination itself is asked what there is to choose from: lists, columns, templates of the account. It is asked
// when somebody looks; where it does not answer, the value can be typed.
import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { read } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { destinationPath } from "../queries.ts";
import { textOf, type InputProps, type Offering } from "./input-props.ts";

const t = texts.setUp.fields;

interface Choices {
  readonly data: readonly { readonly value: string; readonly label: string }[];
}

interface OfferedInputProps extends InputProps {
  readonly offering: Offering;
}

export function OfferedInput({ field: { key }, offering: { destination, action, payload }, value, onChange, ...common }: OfferedInputProps): ReactNode {
  const [isAsked, setIsAsked] = useState(false);
  const others = JSON.stringify(Object.fromEntries(Object.entries(payload).filter(([name]) => name !== key)));
  const choices = useQuery({
    queryKey: ["destinations", "one", destination, "choices", action, key, others], enabled: isAsked, staleTime: 60_000, retry: false,
    queryFn: ({ signal }) => read<Choices>(`${destinationPath(destination)}/choices`, { action, field: key, payload: others }, signal),
  });
  const text = textOf(value);
  if (choices.error || choices.data?.data.length === 0) {
    return <TextInput {...common} description={<>{common.description} {choices.error ? t.notOffered(choices.error.message) : t.nothingOffered}</>} value={text} maxLength={2_000} onChange={(event) => onChange(event.currentTarget.value)} />;
  }
  const found = choices.data?.data ?? [];
  const data = [...(text === "" || found.some((one) => one.value === text) ? [] : [{ value: text, label: text }]), ...new Map(found.map((one) => [one.value, one])).values()];
  return (
    <Select
      {...common} searchable clearable data={data} value={text === "" ? null : text} placeholder={t.choose} nothingFoundMessage={choices.isFetching ? t.asking : texts.palette.nothing}
      onDropdownOpen={() => setIsAsked(true)} onChange={(next) => onChange(next ?? undefined)}
    />
  );
}
