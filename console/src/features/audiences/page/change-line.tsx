// Somebody came in or went out: who, when, and why in words.
import { IconArrowDownLeft, IconArrowUpRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AudienceChanges } from "@tributary/schema/api/audiences.ts";
import { texts, wordFrom } from "../../../texts/texts.ts";
import { When } from "../../../ui/figure.tsx";
import { PersonLink } from "../parts.tsx";

const t = texts.audiences.page;

export function Turn({ isIn }: { readonly isIn: boolean }): ReactNode {
  return <span className="state" data-tone={isIn ? "good" : "waiting"}>{isIn ? <IconArrowDownLeft size={15} aria-hidden /> : <IconArrowUpRight size={15} aria-hidden />}{isIn ? t.entered : t.left}</span>;
}

export function reasonText(reason: string): string {
  return wordFrom(t.reasons, reason);
}

export function ChangeLine({ change, slug }: { readonly change: AudienceChanges["data"][number]; readonly slug: string }): ReactNode {
  return (
    <span className="row change-line">
      <Turn isIn={change.entered} />
      <PersonLink member={change} />
      <span className="dim grow cut">{reasonText(change.reason)}</span>
      <Link to="/audiences/$slug" params={{ slug }} search={{ tab: "why", person: change.profile_id }}>{t.why}</Link>
      <span className="dim"><When at={change.at} /></span>
    </span>
  );
}
