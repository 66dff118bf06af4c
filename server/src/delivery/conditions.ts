// Conditions on deliveries, each only where it is asked for, with its value as a parameter of ClickHouse.

export interface Conditions {
  /** Joined by `and`; at least one. */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** `always` holds whatever is asked. Of the others, `sql` names its parameter, and it is left out where its value is undefined. */
export function conditionsOn(always: string, others: readonly (readonly [sql: string, name: string, value: unknown])[]): Conditions {
  const asked = others.filter(([, , value]) => value !== undefined);
  return { sql: [always, ...asked.map(([sql]) => sql)].join(" and "), params: Object.fromEntries(asked.map(([, name, value]) => [name, value])) };
}
