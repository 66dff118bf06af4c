// What a subscription takes: events, an audience's people, or rows of a model.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Subscription } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../texts/texts.ts";

const t = texts.deliveries.subscriptions;

export function SubscriptionTakes({ subscription: { audience, model } }: { readonly subscription: Pick<Subscription, "audience" | "model"> }): ReactNode {
  if (audience !== null) return <Link to="/audiences/$slug" params={{ slug: audience }}>{t.audience(audience)}</Link>;
  return <span className="dim">{model === null ? t.events : t.model(model)}</span>;
}
