// Before something goes that put people on a list at a vendor: whether they are taken off it first.
import { Button, Checkbox } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { toast } from "../../ui/toast.tsx";

const t = texts.audienceSync;

export interface ArchiveDialogProps {
  readonly title: string;
  readonly text: string;
  readonly offersEmptying: boolean;
  readonly onClose: () => void;
  readonly onArchive: (isEmptied: boolean) => Promise<unknown>;
  readonly done: (isEmptied: boolean) => string;
}

export function ArchiveDialog({ title, text, offersEmptying, onClose, onArchive, done }: ArchiveDialogProps): ReactNode {
  const client = useQueryClient();
  const [isEmptied, setIsEmptied] = useState(false);
  const archive = useMutation({
    mutationFn: () => onArchive(isEmptied),
    onSuccess: async () => {
      onClose();
      toast({ text: done(isEmptied) });
      await Promise.all([client.invalidateQueries({ queryKey: ["destinations"] }), client.invalidateQueries({ queryKey: ["audiences"] })]);
    },
  });
  return (
    <AskDialog title={title} error={archive.error} onClose={onClose}
      action={<Button color="red" loading={archive.isPending} onClick={() => archive.mutate()}>{t.archive}</Button>}
    >
      <p>{text}</p>
      {offersEmptying ? <Checkbox label={t.emptyFirst} description={t.emptyFirstHint} checked={isEmptied} onChange={(event) => setIsEmptied(event.currentTarget.checked)} /> : null}
    </AskDialog>
  );
}
