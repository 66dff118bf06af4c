// What looks at this audience, and at what it looks itself.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AudienceDetail } from "@tributary/schema/api/audiences.ts";
import { texts } from "../../../texts/texts.ts";
import { Card } from "../../../ui/page.tsx";

const t = texts.audiences;

export function UsesTab({ audience }: { readonly audience: AudienceDetail }): ReactNode {
  return (
    <div className="audience-overview">
      <Card title={t.page.usedBy}><Uses uses={audience.used_by} none={t.page.usedByNone} /></Card>
      <Card title={t.page.usesOthers}><Uses uses={audience.uses} none={t.page.usesNone} /></Card>
    </div>
  );
}

/** Opens what it is, where that has a page. */
function Use({ one: { kind, slug, name } }: { readonly one: AudienceDetail["uses"][number] }): ReactNode {
  const shown = <bdi>{name}</bdi>;
  switch (kind) {
    case "audience": return <Link to="/audiences/$slug" params={{ slug }}>{shown}</Link>;
    case "computed_trait": return <Link to="/computed-traits/$slug" params={{ slug }}>{shown}</Link>;
    case "subscription": return <Link to="/destinations/$slug" params={{ slug }} search={{ tab: "subscriptions" }}>{shown}</Link>;
    case "list": return <Link to="/audiences" search={{ show: "lists", list: slug }}>{shown}</Link>;
  }
}

function Uses({ uses, none }: { readonly uses: AudienceDetail["uses"]; readonly none: string }): ReactNode {
  if (uses.length === 0) return <p className="dim">{none}</p>;
  return (
    <ul className="side-list">
      {uses.map((one) => (
        <li key={`${one.kind} ${one.slug} ${one.name}`} className="row"><span className="dim">{t.usedKinds[one.kind]}</span><Use one={one} /></li>
      ))}
    </ul>
  );
}
