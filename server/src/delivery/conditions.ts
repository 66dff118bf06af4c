// Which deliveries are meant: conditions on the columns of `deliveries`, each only where it is asked for, its value a parameter of ClickHouse.

export interface DeliveryFilter {
  readonly destinationId?: number | undefined;
  readonly subscriptionId?: number | undefined;
  /** Any of them. */
  readonly outcomes?: readonly string[] | undefined;
  readonly code?: string | undefined;
  readonly event?: string | undefined;
  readonly messageId?: string | undefined;
  readonly requestId?: string | undefined;
  /** Ids of one person. */
  readonly people?: readonly string[] | undefined;
  readonly fromMs?: number | undefined;
  readonly beforeMs?: number | undefined;
}

export interface Conditions {
  /** Joined by `and`; at least one. */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** `always` holds whatever is asked. What is read must be called `deliveries`: its columns may be shown under their own names in another form. */
export function conditionsOf(always: string, filter: DeliveryFilter): Conditions {
  const all: readonly (readonly [sql: string, name: string, value: unknown])[] = [
    ["destination_id = {destination:UInt32}", "destination", filter.destinationId],
    ["subscription_id = {subscription:UInt32}", "subscription", filter.subscriptionId],
    ["outcome in {outcomes:Array(String)}", "outcomes", filter.outcomes],
    ["code = {code:String}", "code", filter.code],
    ["event = {event:String}", "event", filter.event],
    ["message_id = {message:String}", "message", filter.messageId],
    ["deliveries.request_id = {request:UUID}", "request", filter.requestId],
    ["(deliveries.profile_id in {people:Array(UUID)} or deliveries.person_id in {people:Array(UUID)})", "people", filter.people],
    ["finished_at >= fromUnixTimestamp64Milli({fromMs:Int64})", "fromMs", filter.fromMs],
    ["finished_at < fromUnixTimestamp64Milli({beforeMs:Int64})", "beforeMs", filter.beforeMs],
  ];
  const asked = all.filter(([, , value]) => value !== undefined);
  return { sql: [always, ...asked.map(([sql]) => sql)].join(" and "), params: Object.fromEntries(asked.map(([, name, value]) => [name, value])) };
}
