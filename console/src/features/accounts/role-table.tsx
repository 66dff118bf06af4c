// What each role may do, in words, from the table that the API reads.
import { IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { scope, type Scope } from "@tributary/schema/api/answer-parts.ts";
import type { MemberAnswer } from "@tributary/schema/api/members.ts";
import { role, roleTable } from "@tributary/schema/api/roles.ts";
import { texts } from "../../texts/texts.ts";
import { Card } from "../../ui/page.tsx";
import { may } from "./session.ts";

const t = texts.members;
/** Of every scope but that of the installation, which goes with an account and not with a role. */
const words: Readonly<Record<Exclude<Scope, "installation">, string>> = t.rights;
const held = new Set(role.options.flatMap((one) => roleTable[one].scopes));
const rights = scope.options.filter((one) => one !== "installation").filter((one) => held.has(one));

export function RoleTable({ members }: { readonly members: readonly MemberAnswer[] | undefined }): ReactNode {
  return (
    <Card title={t.roles.title} bare>
      <div className="role-table-scroll" tabIndex={0} role="group" aria-label={t.roles.table}>
        <table className="role-table">
          <thead>
            <tr>
              <th scope="col">{t.roles.role}</th>
              {rights.map((right) => <th scope="col" key={right}>{words[right]}</th>)}
              <th scope="col">{t.roles.count}</th>
            </tr>
          </thead>
          <tbody>
            {role.options.map((one) => (
              <tr key={one}>
                <th scope="row"><strong>{texts.roles[one].name}</strong><div className="dim">{texts.roles[one].what}</div></th>
                {rights.map((right) => (
                  <td key={right}>{may({ scopes: roleTable[one].scopes }, right) ? <IconCheck size={16} role="img" aria-label={t.roles.yes} /> : <span className="dim" aria-label={t.roles.no} role="img">–</span>}</td>
                ))}
                <td>{members?.filter((member) => member.role === one).length}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
