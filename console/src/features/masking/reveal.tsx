// A hidden value, and the way to it: a reason, which goes into the audit log. The value stands on this page alone and is gone
// with it; it is kept in no cache.
import { ActionIcon, Button, Popover, TextInput } from "@mantine/core";
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Fragment, useMemo, useState, type FormEvent, type ReactNode } from "react";
import type { RevealAnswer, RevealField } from "@tributary/schema/api/reveal.ts";
import type { EventFate } from "@tributary/schema/api/events.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { valueText } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { hiddenIn } from "./hidden-in.ts";
import { isHidden, useMayReveal } from "./masked.tsx";

const t = texts.masking;
const REASON_MIN = 8;
const REASON_MAX = 500;
/** Fields of one payload that are offered. */
const HIDDEN_SHOWN = 60;

interface Hidden {
  /** Which route reveals it, and by what in its body. */
  readonly path: string;
  readonly body: object;
  /** What the field is called. */
  readonly name: string;
  /** The value as this viewer was given it. */
  readonly value: unknown;
  /** The masked value, drawn. */
  readonly children: ReactNode;
}

export interface RevealableProps extends Omit<Hidden, "path" | "body"> {
  readonly personId: string;
  readonly field: RevealField;
}

/** Draws `children`; where something is hidden that this viewer may have shown, with the way to it. */
export function Revealable({ personId, field, ...shown }: RevealableProps): ReactNode {
  return useMayReveal() && isHidden(shown.value) ? <Reveal path={`/profiles/${personId}/reveal`} body={{ field }} {...shown} /> : shown.children;
}

/** The hidden values of an event's payload, one by one; nothing to those who may not have them shown. */
export function RevealPayload({ row }: { readonly row: Pick<EventFate, "message_id" | "row_id" | "raw"> }): ReactNode {
  const hidden = useMemo(() => hiddenIn(row.raw), [row.raw]);
  if (!useMayReveal() || hidden.length === 0) return null;
  return (
    <details className="reveal-payload">
      <summary>{t.hiddenValues(hidden.length)}</summary>
      <dl className="facts">
        {hidden.slice(0, HIDDEN_SHOWN).map(({ path, value }) => (
          <Fragment key={path}>
            <dt className="mono"><bdi>{valueText(path, 80)}</bdi></dt>
            <dd><Reveal path={`/events/${encodeURIComponent(row.message_id)}/reveal`} body={{ row_id: row.row_id, path }} name={path} value={value}><bdi>{valueText(value, 160)}</bdi></Reveal></dd>
          </Fragment>
        ))}
      </dl>
      {hidden.length > HIDDEN_SHOWN ? <p className="dim">{t.hiddenMore(hidden.length - HIDDEN_SHOWN)}</p> : null}
    </details>
  );
}

function Reveal({ path, body, name, children }: Hidden): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const reveal = useMutation({
    mutationFn: () => change<RevealAnswer>("POST", path, { ...body, reason }),
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
      <Popover opened={isOpen} onChange={setOpen} position="bottom-start" hideDetached={false} trapFocus returnFocus withinPortal>
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
