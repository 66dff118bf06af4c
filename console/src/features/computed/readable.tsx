// A form of something that was written by hand and may be anything: where it can't be shown as a form, words say so, and the JSON stays.
import { CatchBoundary } from "@tanstack/react-router";
import type { ReactNode } from "react";

export function Readable({ what, otherwise, children }: { readonly what: unknown; readonly otherwise: string; readonly children: ReactNode }): ReactNode {
  return <CatchBoundary getResetKey={() => JSON.stringify(what) ?? ""} errorComponent={() => <p className="dim">{otherwise}</p>}>{children}</CatchBoundary>;
}
