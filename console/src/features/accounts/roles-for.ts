// Which roles somebody may give, as the API has it: none that may more than they may, and owners by owners alone.
import { role, roleTable, type Role } from "@tributary/schema/api/roles.ts";
import { may, type Session } from "./session.ts";

export function rolesFor(session: Session): readonly Role[] {
  return role.options.filter((one) => {
    if (one === "owner" && session.role !== "owner" && !session.scopes.includes("installation")) return false;
    return roleTable[one].scopes.every((scope) => may(session, scope));
  });
}
