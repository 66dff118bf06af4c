// Before a changed audience is saved: who comes in, who goes out, and what else looks at it.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AudienceComparison, AudienceDetail } from "@tributary/schema/api/audiences.ts";
import { question } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { fullNumber } from "../../../ui/format.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import type { Member } from "../queries.ts";
import { PersonLink, Waiting } from "../parts.tsx";

const t = texts.audiences.saving;

export interface SaveDialogProps {
  readonly audience: AudienceDetail;
  readonly definition: unknown;
  readonly isSaving: boolean;
  readonly error: Error | null;
  readonly onSave: () => void;
  readonly onClose: () => void;
}

export function SaveDialog({ audience, definition, isSaving, error, onSave, onClose }: SaveDialogProps): ReactNode {
  const comparison = useQuery({
    queryKey: ["audiences", "compare", audience.slug, JSON.stringify(definition)], gcTime: 0,
    queryFn: ({ signal }) => question<AudienceComparison>("/audiences/compare", { slug: audience.slug, definition, sample: 10 }, signal),
  });
  const { data } = comparison;
  return (
    <Dialog onClose={onClose} size="lg" title={t.title(audience.name)}>
      <div className="stack-wide">
        {comparison.error ? <ProblemNotice problem={comparison.error} onRetry={() => void comparison.refetch()} /> : null}
        {data === undefined && !comparison.error ? <Waiting rows={4} /> : null}
        {data ? <><p>{t.sentence(data.enter, data.leave, data.stay)}</p><div className="compare"><People title={t.enter} count={data.enter} people={data.entering} /><People title={t.leave} count={data.leave} people={data.leaving} /></div></> : null}
        {data && data.sends.length > 0 ? <Sends sends={data.sends} /> : null}
        {audience.used_by.length > 0 ? <div className="notice" data-tone="attention"><div><strong>{t.usedBy(audience.used_by.length)}</strong><ul className="plain-list">{audience.used_by.map((one) => <li key={`${one.kind} ${one.slug} ${one.name}`}>{texts.audiences.usedKinds[one.kind]} <bdi>{one.name}</bdi></li>)}</ul></div></div> : null}
        {error ? <ProblemNotice problem={error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button loading={isSaving} onClick={onSave} data-autofocus>{t.save}</Button>
        </div>
      </div>
    </Dialog>
  );
}

/** What destinations are told by it, and which of them ask first. */
function Sends({ sends }: { readonly sends: AudienceComparison["sends"] }): ReactNode {
  return (
    <section aria-label={t.sends}>
      <h3>{t.sends}</h3>
      <ul className="side-list">{sends.map((one) => (
        <li key={`${one.destination} ${one.name}`} className="row wrap">
          <Link className="cut" to="/destinations/$slug" params={{ slug: one.destination }} search={{}}><bdi>{one.name}</bdi></Link><span className="dim">{t.sent(one.adds, one.removes)}</span>
          {one.asks ? <span className="small-note">{t.asks}</span> : null}
        </li>
      ))}</ul>
    </section>
  );
}

function People({ title, count, people }: { readonly title: string; readonly count: number; readonly people: readonly Member[] }): ReactNode {
  return (
    <section aria-label={title}>
      <h3>{title} <span className="figure">{fullNumber(count)}</span></h3>
      {people.length === 0 ? <p className="dim">{texts.everywhere.nobody}</p> : <ul className="side-list">{people.map((member) => <li key={member.profile_id}><PersonLink member={member} /></li>)}</ul>}
      {count > people.length && people.length > 0 ? <p className="dim">{t.andMore(count - people.length)}</p> : null}
    </section>
  );
}
