// What is known of a destination of the catalog, beside its form: whether it can be used, what of it is tested, what is good to know.
import { IconInfoCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { texts } from "../../../texts/texts.ts";
import { State } from "../../../ui/state.tsx";

const t = texts.destinations.catalog;

export function AboutKind({ definition: { description, availability, notes, proof, origin, audience, documentation } }: { readonly definition: DestinationDefinition }): ReactNode {
  return (
    <div className="stack roomy about-kind">
      {description ? <p>{description}</p> : null}
      <Availability availability={availability} />
      {notes.length === 0 ? null : <section><h3>{t.notes}</h3><ul className="sdk-notes">{notes.map((note) => <li key={note}>{note}</li>)}</ul></section>}
      <dl className="facts">
        <dt>{t.facts.proof}</dt><dd>{t.proofText[proof]}</dd>
        <dt>{t.facts.origin}</dt><dd>{t.origins[origin]}</dd>
        <dt>{t.facts.audiences}</dt><dd>{audience ? t.audiences.yes : t.audiences.no}</dd>
        {documentation ? <><dt>{t.facts.documentation}</dt><dd><a href={documentation} target="_blank" rel="noreferrer">{documentation}</a></dd></> : null}
      </dl>
    </div>
  );
}

export function Availability({ availability }: Pick<DestinationDefinition, "availability">): ReactNode {
  if (availability.kind === "ready") return <State tone="good">{t.labels.ready}</State>;
  const isHidden = availability.kind === "hidden";
  return (
    <div className="notice" data-tone={isHidden ? "plain" : "attention"}>
      <IconInfoCircle size={18} aria-hidden />
      <div className="stack grow">
        <div><strong>{t.labels[availability.kind]}</strong><div>{isHidden ? availability.reason : `${availability.provider}: ${availability.needs}`}</div></div>
        {isHidden ? <div><Link to="/destinations/catalog">{t.alternatives}</Link></div> : null}
      </div>
    </div>
  );
}
