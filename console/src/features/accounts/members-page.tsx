// Who works in the workspace, as what; who is invited; and what each role may do.
import { Button, SegmentedControl } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { IconUserPlus, IconUsersGroup } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import type { MemberAnswer } from "@tributary/schema/api/members.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { Invite } from "./invite.tsx";
import { MemberPanel } from "./member-panel.tsx";
import { PendingInvitations } from "./pending-invitations.tsx";
import { invitationsQuery, membersQuery } from "./queries.ts";
import { RoleTable } from "./role-table.tsx";
import { sessionQuery } from "./session.ts";
import "./members.css";

const t = texts.members;
const route = getRouteApi("/shell/settings/members");

export function MembersPage(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { member: chosen, show } = route.useSearch();
  const navigate = route.useNavigate();
  const members = useQuery(membersQuery);
  const invitations = useQuery(invitationsQuery);
  const [isInviting, setInviting] = useState(false);
  const own = session.account?.id;
  const columns = useMemo(() => columnsFor(own), [own]);
  const rows = useMemo(() => members.data?.toSorted((a, b) => a.name.localeCompare(b.name) || a.email.localeCompare(b.email)), [members.data]);
  const open = (id: string | undefined): void => void navigate({ search: id === undefined ? {} : { member: id } });
  const opened = members.data?.find(({ id }) => id === chosen);
  return (
    <Page
      title={t.title} sentence={rows && invitations.data ? t.sentence(rows.length, invitations.data.length) : <>&nbsp;</>}
      actions={<Button leftSection={<IconUserPlus size={16} />} onClick={() => setInviting(true)}>{t.invite.button}</Button>}
    >
      <div className="stack members">
        <SegmentedControl
          className="members-tabs" aria-label={t.title} value={show ?? "people"} data={[{ value: "people", label: t.tabs.people }, { value: "roles", label: t.tabs.roles }]}
          onChange={(value) => void navigate({ search: value === "roles" ? { show: "roles" } : {} })}
        />
        {members.error ? <ProblemNotice problem={members.error} onRetry={() => void members.refetch()} /> : null}
        {show === "roles" ? <RoleTable members={members.data} /> : (
          <>
            {members.error && !rows ? null : (
              <DataTable
                label={t.title} columns={columns} rows={rows} rowKey={(member) => member.id} selected={chosen} onOpen={(member) => open(member.id)}
                empty={<Empty icon={<IconUsersGroup size={28} stroke={1.4} />} title={t.none} text={t.noneText} />}
              />
            )}
            <PendingInvitations invitations={invitations} />
          </>
        )}
      </div>
      {opened ? <MemberPanel key={opened.id} member={opened} members={members.data ?? []} session={session} onClose={() => open(undefined)} /> : null}
      {isInviting ? <Invite session={session} onClose={() => setInviting(false)} /> : null}
    </Page>
  );
}

function columnsFor(own: string | undefined): readonly Column<MemberAnswer>[] {
  return [
    {
      key: "name", header: t.columns.name, width: "minmax(88px, 1fr)",
      cell: (member) => <span className="row"><Value value={member.name} />{member.id === own ? <span className="dim nowrap">{t.you}</span> : null}</span>,
    },
    { key: "email", header: t.columns.email, width: "minmax(120px, 1.6fr)", cell: (member) => <Value value={member.email} /> },
    { key: "role", header: t.columns.role, width: "120px", cell: (member) => texts.roles[member.role].name },
    {
      key: "two_factor", header: t.columns.twoFactor, width: "104px",
      cell: ({ two_factor: isOn }) => <State tone={isOn ? "good" : "plain"}>{isOn ? t.twoFactor.on : t.twoFactor.off}</State>,
    },
    { key: "since", header: t.columns.since, width: "104px", cell: (member) => <When at={member.since} /> },
  ];
}
