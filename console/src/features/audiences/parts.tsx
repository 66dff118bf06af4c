// Small parts that many of the screens of audiences use.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Bar } from "../../ui/notice.tsx";
import { Face, Value } from "../../ui/value.tsx";
import type { Member } from "./queries.ts";

/** Somebody's name, as far as it may be seen. */
export function PersonLink({ member }: { readonly member: Pick<Member, "profile_id" | "name" | "identifiers"> }): ReactNode {
  const name = member.name ?? member.identifiers[0]?.value ?? member.profile_id;
  return <Link to="/profiles/$ref" params={{ ref: member.profile_id }} className="row person-link"><Face name={name} isAnonymous={member.identifiers.length === 0} /><Value value={name} /></Link>;
}

export function Waiting({ rows }: { readonly rows: number }): ReactNode {
  return <div className="stack" aria-busy>{Array.from({ length: rows }, (_, i) => <Bar key={i} width={85 - ((i * 13) % 40)} />)}</div>;
}
