// What the members page keeps in its address.

export interface MembersSearch {
  /** The account whose panel is open. */
  readonly member?: string;
  readonly show?: "roles";
}

export function membersSearch(search: Record<string, unknown>): MembersSearch {
  const member = search["member"];
  return {
    ...(typeof member === "string" && member !== "" ? { member: member.slice(0, 64) } : {}),
    ...(search["show"] === "roles" ? { show: "roles" as const } : {}),
  };
}
