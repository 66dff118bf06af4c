// How much a write key may send of its own, beside what holds for its source.
import { Button, NumberInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { KEY_RATE_MAX } from "@tributary/schema/api/source-keys.ts";
import type { SourceAnswer, WriteKeyAnswer } from "@tributary/schema/api/workspace.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { toast } from "../../ui/toast.tsx";
import { sourceListQuery } from "./queries.ts";

const t = texts.sources.keyRate;

export interface KeyRateProps {
  readonly source: SourceAnswer;
  readonly writeKey: WriteKeyAnswer;
  readonly onClose: () => void;
}

export function KeyRate({ source, writeKey, onClose }: KeyRateProps): ReactNode {
  const client = useQueryClient();
  const [rate, setRate] = useState(writeKey.events_per_second);
  const isValid = rate === null || (Number.isInteger(rate) && rate >= 1 && rate <= KEY_RATE_MAX);
  const changing = useMutation({
    mutationFn: () => change<WriteKeyAnswer>("PATCH", `/sources/${source.id}/keys/${writeKey.id}`, { events_per_second: rate }),
    onSuccess: async ({ events_per_second: now }) => {
      await client.invalidateQueries({ queryKey: sourceListQuery.queryKey });
      toast({ text: now === null ? t.none : t.takes(now) });
      onClose();
    },
  });
  return (
    <AskDialog
      title={t.title(writeKey.prefix)} error={changing.error} onClose={onClose}
      action={<Button disabled={!isValid} loading={changing.isPending} onClick={() => changing.mutate()}>{texts.everywhere.save}</Button>}
    >
      <p>{t.text}</p>
      <NumberInput
        label={t.label} description={t.hint} value={rate ?? ""} min={1} max={KEY_RATE_MAX} clampBehavior="none" allowDecimal={false} allowNegative={false} hideControls
        error={isValid ? undefined : t.wrong(KEY_RATE_MAX)} onChange={(value) => setRate(typeof value === "number" ? value : null)}
      />
    </AskDialog>
  );
}
