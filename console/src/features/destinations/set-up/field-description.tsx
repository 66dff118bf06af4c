// What a destination says about a field. Vendors write some of it as HTML or Markdown: what is left of that are its words and its links.
import { Fragment, type ReactNode } from "react";
import type { Field } from "@tributary/schema/destination/definition.ts";
import { Told } from "../../../ui/told.tsx";
import { partsOf } from "./description-parts.ts";

export function DescriptionOf({ field: { description } }: { readonly field: Pick<Field, "description"> }): ReactNode {
  if (description === "") return null;
  return partsOf(description).map((part, index) => <Fragment key={index}>{part.link === undefined ? <Told text={part.text} /> : <a href={part.link} target="_blank" rel="noreferrer">{part.text}</a>}</Fragment>);
}
