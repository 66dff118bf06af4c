// Whether another page is on its way already. What somebody typed a moment ago into a filter of this one must not call it back.
import { useRouter } from "@tanstack/react-router";

export function useIsLeaving(): () => boolean {
  const router = useRouter();
  return () => router.latestLocation.pathname !== (router.state.resolvedLocation ?? router.latestLocation).pathname;
}
