// One destination of the catalog: what it can do, what it asks for, and what is known of it, before anything is set up.
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { CatalogDetail } from "@tributary/schema/api/destinations.ts";
import { boot } from "../../api.ts";
import { texts, wordFrom } from "../../texts/texts.ts";
import { Snippet } from "../../ui/copy.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { catalogDetailQuery } from "./queries.ts";
import { SetUpButton } from "./set-up-button.tsx";
import { Availability } from "./set-up/about-kind.tsx";

const t = texts.destinations.catalog;

export function CatalogPanel({ slug, onClose }: { readonly slug: string; readonly onClose: () => void }): ReactNode {
  const one = useQuery(catalogDetailQuery(slug));
  const { data: session } = useSuspenseQuery(sessionQuery);
  const canSetUp = one.data !== undefined && one.data.definition.availability.kind !== "hidden" && may(session, "admin");
  const action = canSetUp ? <SetUpButton size="compact-sm" definition={slug}>{texts.setUp.action}</SetUpButton> : undefined;
  return (
    <Panel title={one.data?.definition.name ?? slug} onClose={onClose} actions={action}>
      {one.error ? <ProblemNotice problem={one.error} onRetry={() => void one.refetch()} /> : null}
      {one.isPending ? <div className="stack" aria-busy>{[80, 60, 70, 40, 50].map((width) => <Bar key={width} width={width} />)}</div> : null}
      {one.data ? <Told detail={one.data} /> : null}
    </Panel>
  );
}

function Told({ detail: { definition, secrets } }: { readonly detail: CatalogDetail }): ReactNode {
  const { availability, notes, proof, origin, authentication, category, audience, documentation, description } = definition;
  const actions = definition.actions.filter(({ isHidden }) => !isHidden);
  const settings = definition.settings.filter(({ isHidden }) => !isHidden);
  return (
    <>
      {description ? <p>{description}</p> : null}
      <Availability availability={availability} />
      {notes.length === 0 ? null : <section><h3>{t.notes}</h3><ul className="sdk-notes">{notes.map((note) => <li key={note}>{note}</li>)}</ul></section>}
      <dl className="facts">
        <dt>{t.facts.proof}</dt><dd>{t.proofText[proof]}</dd>
        <dt>{t.facts.origin}</dt><dd>{t.origins[origin]}</dd>
        <dt>{t.facts.authentication}</dt><dd>{t.authentication[authentication]}</dd>
        <dt>{t.facts.audiences}</dt><dd>{audience ? t.audiences.yes : t.audiences.no}</dd>
        <dt>{t.facts.category}</dt><dd>{wordFrom(t.categories, category)}</dd>
        {documentation ? <><dt>{t.facts.documentation}</dt><dd><a href={documentation} target="_blank" rel="noreferrer">{documentation}</a></dd></> : null}
      </dl>
      <section>
        <h3>{t.actions}</h3>
        <ul className="plain-list catalog-parts">{actions.map((one) => <li key={one.key}><strong>{one.name}</strong>{one.description ? <div className="dim">{one.description}</div> : null}</li>)}</ul>
      </section>
      <section>
        <h3>{t.settings}</h3>
        {settings.length === 0 ? <p className="dim">{t.noSettings}</p> : null}
        <ul className="plain-list catalog-parts">
          {settings.map((one) => {
            const marks = [...(one.required === true ? [t.required] : []), ...(secrets.includes(one.key) ? [t.secret] : [])];
            return <li key={one.key}><strong>{one.label}</strong>{marks.length === 0 ? null : <span className="dim"> · {marks.join(", ")}</span>}{one.description ? <div className="dim">{one.description}</div> : null}</li>;
          })}
        </ul>
      </section>
      {availability.kind === "hidden" ? null : <section><h3>{t.setUp}</h3><p className="dim set-up-text">{t.setUpText}</p><Snippet text={setUpCommand(definition)} label={t.setUp} /></section>}
    </>
  );
}

/** The call that sets it up, with a place for each setting that it must have. */
function setUpCommand({ slug, name, settings }: CatalogDetail["definition"]): string {
  const needed = settings.filter(({ required, isHidden }) => required === true && !isHidden).map((one) => [one.key, one.placeholder ?? "…"]);
  const body = JSON.stringify({ name, definition: slug, settings: Object.fromEntries(needed) }, null, 2);
  return `curl ${boot.publicUrl}/api/v1/destinations \\\n  -H "authorization: Bearer API_TOKEN" -H "content-type: application/json" \\\n  -d '${body.replaceAll("'", "'\\''")}'`;
}
