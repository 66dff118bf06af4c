// What is known of a person: each trait with where it came from on hover and focus.
import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { absoluteTime, valueText } from "../../ui/format.ts";
import { Revealable } from "../masking/reveal.tsx";
import { useSourceName } from "../sources/queries.ts";

const t = texts.profiles;
/** How to reach somebody, and what they are called, stand first. */
const first = ["name", "firstName", "first_name", "lastName", "last_name", "email", "phone"];

export function Traits({ person }: { readonly person: ProfileAnswer }): ReactNode {
  const sourceName = useSourceName();
  const names = Object.keys(person.traits);
  if (names.length === 0) return <p className="dim">{t.noTraits}</p>;
  const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
  const ordered = names.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return (
    <dl className="traits">
      {ordered.map((name) => {
        const origin = person.provenance && Object.hasOwn(person.provenance, name) ? person.provenance[name] : undefined;
        const note = origin ? t.provenance(sourceName(origin.source_id).slice(0, 80), absoluteTime(Date.parse(origin.at))) : "";
        return (
          <div className="trait" key={name}>
            <dt><bdi className="cut" title={name.slice(0, 300)}>{valueText(name, 80)}</bdi></dt>
            <dd><Revealable personId={person.id} field={{ kind: "trait", name }} name={name} value={person.traits[name]}><Tooltip label={<TraitNote value={person.traits[name]} note={note} />}><span tabIndex={0} className="trait-value"><bdi>{valueText(person.traits[name])}</bdi></span></Tooltip></Revealable></dd>
          </div>
        );
      })}
    </dl>
  );
}

function TraitNote({ value, note }: { readonly value: unknown; readonly note: string }): ReactNode {
  return <span style={{ overflowWrap: "anywhere" }}><bdi>{valueText(value, 500)}</bdi>{note === "" ? null : <><br />{note}</>}</span>;
}
