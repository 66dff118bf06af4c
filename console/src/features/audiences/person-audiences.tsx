// On somebody's page: the audiences they are in, since when and why.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { Bar } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { reasonText } from "./page/change-line.tsx";
import { personAudiencesQuery } from "./queries.ts";

const t = texts.audiences.onPerson;

export function PersonAudiences({ personId }: { readonly personId: string }): ReactNode {
  const { data, error } = useQuery(personAudiencesQuery(personId));
  return (
    <Card title={t.title}>
      {error ? <p className="dim" role="alert">{error.message}</p> : data === undefined ? <Bar width={60} /> : data.data.length === 0 ? <p className="dim">{t.none}</p> : (
        <ul className="side-list">
          {data.data.map(({ slug, name, since, reason }) => (
            <li key={slug}>
              <span className="row"><Link to="/audiences/$slug" params={{ slug }} className="grow cut"><bdi>{name}</bdi></Link>{since === null ? null : <span className="dim"><When at={since} /></span>}</span>
              <span className="row dim"><span className="grow cut">{reason === null ? "" : reasonText(reason)}</span><Link to="/audiences/$slug" params={{ slug }} search={{ tab: "why", person: personId }}>{t.why}</Link></span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
