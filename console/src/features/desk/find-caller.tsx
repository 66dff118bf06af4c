// Where a service agent begins: whatever the caller says of themselves, and straight to their page when that is one person.
import { Button, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import type { ProfileList } from "@tributary/schema/api/profiles.ts";
import { read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { useIsMasked } from "../masking/masked.tsx";
import "./desk.css";

const t = texts.home.findCaller;
/** Enough to know whether it is one person. */
const ASKED = 2;

export function FindCaller(): ReactNode {
  const navigate = useNavigate();
  const isMasked = useIsMasked();
  const [text, setText] = useState("");
  const find = useMutation({
    mutationFn: (search: string) => read<ProfileList>("/profiles", { search, limit: ASKED }),
    onSuccess: ({ data }, search) => {
      const [person] = data;
      if (data.length === 1 && person) void navigate({ to: "/profiles/$ref", params: { ref: person.id } });
      else if (data.length > 1) void navigate({ to: "/profiles", search: { search } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== "") find.mutate(text.trim());
  };
  return (
    <Page title={t.title}>
      <form className="find-caller" role="search" onSubmit={submit}>
        <TextInput size="md" data-search autoFocus maxLength={500} leftSection={<IconSearch size={18} aria-hidden />} label={t.label} placeholder={t.placeholder} value={text} onChange={(event) => { setText(event.currentTarget.value); find.reset(); }} />
        <Button size="md" type="submit" loading={find.isPending} disabled={text.trim() === ""}>{t.action}</Button>
      </form>
      {find.error ? <ProblemNotice problem={find.error} onRetry={() => find.mutate(text.trim())} /> : null}
      <p role="status"><strong>{find.data?.data.length === 0 ? t.nobody : ""}</strong></p>
      <p className="dim find-hint">{t.hint}{isMasked ? ` ${t.masked}` : ""}</p>
    </Page>
  );
}
