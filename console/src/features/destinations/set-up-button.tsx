// Leads to the set-up of a destination.
import { Button, type ButtonProps } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { SetUpSearch } from "./set-up/set-up-search.ts";

interface SetUpButtonProps extends ButtonProps {
  /** Slug in the catalog. */
  readonly definition: string;
  readonly search?: SetUpSearch;
}

export function SetUpButton({ definition, search = {}, ...props }: SetUpButtonProps): ReactNode {
  return <Button {...props} renderRoot={(root) => <Link {...root} to="/destinations/new/$definition" params={{ definition }} search={search} />} />;
}
