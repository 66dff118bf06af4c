// Who works in the workspace, as what.
import { useQuery } from "@tanstack/react-query";
import { IconUsersGroup } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { MemberAnswer } from "@tributary/schema/api/members.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { membersQuery } from "./queries.ts";

const t = texts.members;

const columns: readonly Column<MemberAnswer>[] = [
  { key: "name", header: t.columns.name, width: "minmax(88px, 1fr)", cell: (member) => <Value value={member.name} /> },
  { key: "email", header: t.columns.email, width: "minmax(120px, 2fr)", cell: (member) => <Value value={member.email} /> },
  { key: "role", header: t.columns.role, width: "128px", cell: (member) => texts.roles[member.role].name },
  { key: "since", header: t.columns.since, width: "112px", cell: (member) => <When at={member.since} /> },
];

export function MembersPage(): ReactNode {
  const members = useQuery(membersQuery);
  return (
    <Page title={t.title} sentence={members.data ? t.sentence(members.data.length) : <>&nbsp;</>}>
      <div className="stack">
        {members.error ? <ProblemNotice problem={members.error} onRetry={() => void members.refetch()} /> : null}
        {members.error && !members.data ? null : (
          <DataTable label={t.title} columns={columns} rows={members.data} rowKey={(member) => member.id} empty={<Empty icon={<IconUsersGroup size={28} stroke={1.4} />} title={t.none} text={t.noneText} />} />
        )}
      </div>
    </Page>
  );
}
