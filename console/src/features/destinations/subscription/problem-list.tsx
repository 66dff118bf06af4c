// What is wrong with a subscription, or with one event of it: where, and what.
import type { ReactNode } from "react";
import type { Problem } from "./model/fields.ts";
import "./subscription.css";

export function ProblemList({ all }: { readonly all: readonly Problem[] }): ReactNode {
  if (all.length === 0) return null;
  return <ul className="preview-problems">{all.map((one) => <li key={`${one.field} ${one.problem}`}>{one.field === "" ? null : <span className="mono">{one.field}: </span>}<bdi>{one.problem}</bdi></li>)}</ul>;
}
