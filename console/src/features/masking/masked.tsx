// What a viewer sees who may not see people: a quiet mark that says so.
import { Tooltip } from "@mantine/core";
import { IconEyeOff } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { may, sessionQuery } from "../accounts/session.ts";
import "./masking.css";

const t = texts.masking;

/** Whether people are shown masked here. */
export function useIsMasked(): boolean {
  return !may(useSuspenseQuery(sessionQuery).data, "personal_data");
}

/** Whether this viewer may have one value shown. */
export function useMayReveal(): boolean {
  const { data: session } = useSuspenseQuery(sessionQuery);
  return !may(session, "personal_data") && may(session, "reveal");
}

export function MaskedMark({ text = t.markText }: { readonly text?: string }): ReactNode {
  return useIsMasked() ? <Tooltip label={text} multiline maw={280}><span className="masked-mark" tabIndex={0}><IconEyeOff size={13} aria-hidden />{t.mark}</span></Tooltip> : null;
}

/** Whether something of it is hidden. */
export function isHidden(value: unknown): boolean {
  return (typeof value === "string" ? value : JSON.stringify(value) ?? "").includes("•••");
}
