// Who has been given data about one person by hand: the latest files and answers that they stood in.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { nameOf, whoOf } from "./export-words.ts";
import { personExportsQuery } from "./queries.ts";

const t = texts.exports;
const SHOWN = 5;

export function PersonExports({ personId }: { readonly personId: string }): ReactNode {
  const found = useQuery(personExportsQuery(personId));
  const all = found.data?.data;
  return (
    <Card title={t.onPerson} actions={<Link to="/exports" search={{ person: personId }}>{t.allOfPerson(all?.length ?? 0)}</Link>}>
      {found.error ? <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} /> : null}
      {all === undefined && !found.error ? <div className="stack" aria-busy><Bar width={60} /><Bar width={50} /></div> : null}
      {all?.length === 0 ? <p className="dim">{t.onPersonNone}</p> : null}
      <ul className="side-list">
        {all?.slice(0, SHOWN).map((one) => (
          <li key={one.id} className="row wrap">
            <span className="dim">{t.kinds[one.kind]}</span><Link to="/exports" search={{ person: personId, open: one.id }} className="cut"><Value value={nameOf(one)} /></Link>
            <span className="dim grow"><Value value={whoOf(one)} /></span><span className="dim"><When at={one.created_at} /></span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
