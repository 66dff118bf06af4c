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

function Uses({ uses, none }: { readonly uses: AudienceDetail["uses"]; readonly none: string }): ReactNode {
  if (uses.length === 0) return <p className="dim">{none}</p>;
  return (
    <ul className="side-list">
      {uses.map((one) => (
        <li key={`${one.kind} ${one.slug} ${one.name}`} className="row"><span className="dim">{t.usedKinds[one.kind]}</span>{one.kind === "audience" ? <Link to="/audiences/$slug" params={{ slug: one.slug }}><bdi>{one.name}</bdi></Link> : <bdi>{one.name}</bdi>}</li>
      ))}
    </ul>
  );
}
