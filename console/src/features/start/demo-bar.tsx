// The bar on every page of a demo shop. Other workspaces load nothing of it.
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, type ReactNode } from "react";
import { withTexts } from "../../texts/texts.ts";
import { demoShopQuery } from "./queries.ts";

const DemoControls = lazy(withTexts(["demo", "scenarios"], async () => ({ default: (await import("./demo-controls.tsx")).DemoControls })));

/** Nothing in any other workspace. */
export function DemoBar(): ReactNode {
  const { data: shop } = useQuery(demoShopQuery);
  return shop?.is_here ? <Suspense><DemoControls shop={shop} /></Suspense> : null;
}
