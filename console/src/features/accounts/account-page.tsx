// One's own account: who one is, and how the console looks here.
import { useSuspenseQuery } from "@tanstack/react-query";
import { IconKey } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Empty } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { Appearance } from "./appearance.tsx";
import { sessionQuery } from "./session.ts";
import "./account-page.css";

const t = texts.accounts;

export function AccountPage(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { account, role } = session;
  return (
    <Page title={t.title} sentence={session.who}>
      <div className="account-grid">
        {account === null ? <Empty icon={<IconKey size={28} stroke={1.4} />} title={t.noAccount.title} text={t.noAccount.text} /> : (
          <Card title={t.facts.title}>
            <dl className="facts">
              <dt>{t.facts.name}</dt><dd><bdi>{account.name}</bdi></dd>
              <dt>{t.facts.email}</dt><dd><bdi>{account.email}</bdi></dd>
              <dt>{t.facts.role}</dt><dd>{role === null ? "" : texts.roles[role].name}</dd>
            </dl>
          </Card>
        )}
        <Appearance />
      </div>
    </Page>
  );
}
