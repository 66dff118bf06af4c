// Asks before what somebody changed on a page is lost: on the way to another page, and when the tab is closed.
import { useBlocker } from "@tanstack/react-router";
import { texts } from "../texts/texts.ts";

/** Another address of the same page loses nothing. */
export function useUnsaved(hasChanged: boolean): void {
  useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && !globalThis.confirm(texts.everywhere.leaveUnsaved),
    enableBeforeUnload: hasChanged, disabled: !hasChanged,
  });
}
