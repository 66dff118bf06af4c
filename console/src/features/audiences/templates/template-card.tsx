// Something ready to begin with, in the workspace's own words; what it still needs is said with the way to it.
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { State } from "../../../ui/state.tsx";

const t = texts.audiences.templates;

export interface TemplateCardProps {
  readonly name: string;
  readonly about: string;
  /** What it says, where that is known. */
  readonly sentence?: string | undefined;
  /** Words that the vocabulary lacks. */
  readonly needs: readonly string[];
  /** Where it is used; undefined: by nobody who looks here. */
  readonly to: string | undefined;
}

export function TemplateCard({ name, about, sentence, needs, to }: TemplateCardProps): ReactNode {
  return (
    <li className="card template">
      <h2>{name}</h2>
      <p className="dim">{about}</p>
      {sentence === undefined ? null : <p className="dim template-sentence"><bdi>{sentence}</bdi></p>}
      {needs.length > 0
        ? <div className="stack"><State tone="attention">{t.needs(needs.map(nameOf))}</State><Link to="/settings/vocabulary">{t.toVocabulary}</Link></div>
        : to === undefined ? null : <Button component={Link} to={to} variant="default" aria-label={t.useIt(name)}>{t.use}</Button>}
    </li>
  );
}

/** What is missing, by its name: a role, or a role and its property. */
function nameOf(need: string): string {
  const roles: Readonly<Record<string, { readonly name: string }>> = texts.vocabulary.role;
  const properties: Readonly<Record<string, string>> = texts.vocabulary.property;
  return need.split(".").map((part) => roles[part]?.name ?? properties[part] ?? part).join(": ");
}
