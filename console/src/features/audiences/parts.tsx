// Small parts that many of the screens of audiences use.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Bar } from "../../ui/notice.tsx";
import { Face, Value } from "../../ui/value.tsx";
import { identifiersByWeight } from "../profiles/person-words.ts";
import type { Member } from "./queries.ts";
import "../profiles/profiles.css";

type Known = Pick<Member, "profile_id" | "name" | "identifiers">;

/** Somebody's name, as far as it may be seen. */
export function memberName({ name, identifiers, profile_id: id }: Known): string {
  return name ?? identifiersByWeight(identifiers)[0]?.value ?? id;
}

/** By what else they are known. */
export function memberKnownBy(member: Known): Known["identifiers"][number] | undefined {
  const all = identifiersByWeight(member.identifiers);
  return all.find(({ value }) => value !== memberName(member)) ?? all[0];
}

export function PersonLink({ member }: { readonly member: Known }): ReactNode {
  return <Link to="/profiles/$ref" params={{ ref: member.profile_id }} className="row person-link"><PersonFace member={member} /></Link>;
}

/** In a row that opens the person itself. */
export function PersonCell({ member }: { readonly member: Known }): ReactNode {
  return <span className="row"><PersonFace member={member} /></span>;
}

function PersonFace({ member }: { readonly member: Known }): ReactNode {
  const name = memberName(member);
  return <><Face name={name} isAnonymous={member.identifiers.length === 0} /><Value value={name} /></>;
}

export function Waiting({ rows }: { readonly rows: number }): ReactNode {
  return <div className="stack" aria-busy>{Array.from({ length: rows }, (_, i) => <Bar key={i} width={85 - ((i * 13) % 40)} />)}</div>;
}
