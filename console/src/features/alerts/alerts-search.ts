// What the addresses of alerts hold: which are shown and which is open; of the settings, what is being changed.
export interface AlertsSearch {
  readonly show?: "open" | "closed";
  readonly kind?: string;
  /** The alert in the panel. */
  readonly alert?: number;
}

export function alertsSearch({ show, kind, alert }: Record<string, unknown>): AlertsSearch {
  return {
    ...(show === "open" || show === "closed" ? { show } : {}), ...(typeof kind === "string" && kind !== "" ? { kind: kind.slice(0, 60) } : {}),
    ...(Number.isSafeInteger(alert) && Number(alert) > 0 ? { alert: Number(alert) } : {}),
  };
}

export interface AlertRulesSearch {
  /** The dialog that adds a channel is open. */
  readonly add?: true;
}

export function alertRulesSearch({ add }: Record<string, unknown>): AlertRulesSearch {
  return add === true ? { add } : {};
}
