// Before something goes that put people on a list at a vendor: whether they are taken off it first.
import { Button, Checkbox, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
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
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": texts.everywhere.close }}>
      <div className="stack">
        <p>{text}</p>
        {offersEmptying ? <Checkbox label={t.emptyFirst} description={t.emptyFirstHint} checked={isEmptied} onChange={(event) => setIsEmptied(event.currentTarget.checked)} /> : null}
        {archive.error ? <ProblemNotice problem={archive.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button color="red" loading={archive.isPending} onClick={() => archive.mutate()}>{t.archive}</Button>
        </div>
      </div>
    </Modal>
  );
}
