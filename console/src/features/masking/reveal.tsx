// A hidden value, and the way to it: a reason, which goes into the audit log. The value stands on this page alone and is gone
// with it; it is kept in no cache.
import { ActionIcon, Button, Popover, TextInput } from "@mantine/core";
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { RevealAnswer, RevealField } from "@tributary/schema/api/reveal.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { valueText } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { isHidden, useMayReveal } from "./masked.tsx";

const t = texts.masking;
const REASON_MIN = 8;
const REASON_MAX = 500;

export interface RevealProps {
  readonly personId: string;
  readonly field: RevealField;
  /** What the field is called. */
  readonly name: string;
  /** The value as this viewer was given it. */
  readonly value: unknown;
  /** The masked value, drawn. */
  readonly children: ReactNode;
}

/** Draws `children`; where something is hidden that this viewer may have shown, with the way to it. */
export function Revealable(props: RevealProps): ReactNode {
  return useMayReveal() && isHidden(props.value) ? <Reveal {...props} /> : props.children;
}

function Reveal({ personId, field, name, children }: RevealProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const reveal = useMutation({
    mutationFn: () => change<RevealAnswer>("POST", `/profiles/${personId}/reveal`, { field, reason }),
    gcTime: 0,
    onSuccess: () => setOpen(false),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (reason.trim().length >= REASON_MIN) reveal.mutate();
  };
  if (reveal.data) {
    return (
      <span className="reveal">
        <bdi>{valueText(reveal.data.value, 1_000)}</bdi>
        <ActionIcon size="sm" variant="subtle" aria-label={t.hide} onClick={() => { reveal.reset(); setReason(""); }}><IconEyeOff size={14} /></ActionIcon>
      </span>
    );
  }
  return (
    <span className="reveal">
      {children}
      <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus returnFocus withinPortal>
        <Popover.Target><ActionIcon size="sm" variant="subtle" aria-label={t.revealOf(name.slice(0, 80))} onClick={() => setOpen(!isOpen)}><IconEye size={14} /></ActionIcon></Popover.Target>
        <Popover.Dropdown>
          <form className="stack reveal-form" onSubmit={submit}>
            <TextInput label={t.why} description={t.whyHint} placeholder={t.whyExample} maxLength={REASON_MAX} data-autofocus value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
            {reveal.error ? <ProblemNotice problem={reveal.error} /> : null}
            <Button type="submit" loading={reveal.isPending} disabled={reason.trim().length < REASON_MIN}>{t.show}</Button>
          </form>
        </Popover.Dropdown>
      </Popover>
    </span>
  );
}
