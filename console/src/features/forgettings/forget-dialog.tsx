// Asking for somebody to be forgotten: by one of their ids, and for good.
import { Button, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { PersonForgotten } from "@tributary/schema/api/forgettings.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";

const t = texts.forgettings;

export interface ForgetDialogProps {
  /** An id of theirs; empty: it is asked for. */
  readonly person: string;
  readonly onClose: () => void;
  /** With its number, where it is under way already. */
  readonly onAsked: (id: number | undefined) => void;
}

export function ForgetDialog({ person, onClose, onAsked }: ForgetDialogProps): ReactNode {
  const client = useQueryClient();
  const [who, setWho] = useState(person);
  const [also, setAlso] = useState("");
  const [reason, setReason] = useState("");
  const ask = useMutation({
    mutationFn: () => change<PersonForgotten>("POST", `/profiles/${encodeURIComponent(who.trim())}/forget`, {
      identifiers: also.split("\n").map((line) => line.trim()).filter((line) => line !== ""), ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
    }),
    onSuccess: async ({ forgetting }) => {
      toast({ text: t.asked });
      onAsked(forgetting?.id);
      await Promise.all([client.invalidateQueries({ queryKey: ["forgettings"] }), client.invalidateQueries({ queryKey: ["profiles"] })]);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (who.trim() !== "") ask.mutate();
  };
  return (
    <Dialog onClose={onClose} title={t.dialog}>
      <form className="stack-wide" onSubmit={submit}>
        <p>{t.dialogText}</p>
        <TextInput label={t.who} description={t.whoHint} required withAsterisk={false} maxLength={2_200} data-autofocus value={who} onChange={(event) => setWho(event.currentTarget.value)} />
        {person === "" ? <Textarea label={t.also} description={t.alsoHint} autosize minRows={2} maxRows={6} value={also} onChange={(event) => setAlso(event.currentTarget.value)} /> : null}
        <TextInput label={t.reason} description={t.reasonHint} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        {ask.error ? <ProblemNotice problem={ask.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button type="submit" color="red" loading={ask.isPending} disabled={who.trim() === ""}>{t.forget}</Button>
        </div>
      </form>
    </Dialog>
  );
}
