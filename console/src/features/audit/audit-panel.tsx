// One entry of the audit log: who, what, about whom, when, and its detail as it stands.
import { Button } from "@mantine/core";
import { IconFilter, IconUser } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AuditEntryAnswer } from "@tributary/schema/api/workspace.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { absoluteTime } from "../../ui/format.ts";
import { Json } from "../../ui/json.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Value } from "../../ui/value.tsx";
import type { AuditSearch } from "./audit-search.ts";
import { personOf, whoOf } from "./audit-words.ts";

const t = texts.audit;

export interface AuditPanelProps {
  readonly entry: AuditEntryAnswer;
  readonly search: AuditSearch;
  readonly onChange: (search: AuditSearch) => void;
}

export function AuditPanel({ entry, search, onChange }: AuditPanelProps): ReactNode {
  const { open: _, ...filters } = search;
  const person = personOf(entry);
  return (
    <Panel title={t.what(entry.action)} onClose={() => onChange(filters)}>
      <div className="row wrap">
        {person === undefined ? null : <Button component={Link} to={`/profiles/${person}`} variant="default" leftSection={<IconUser size={15} />}>{t.openPerson}</Button>}
        <Button variant="default" leftSection={<IconFilter size={15} />} onClick={() => onChange({ ...search, actor: entry.actor })}>{t.onlyWho}</Button>
        {entry.target === "workspace" ? null : <Button variant="default" leftSection={<IconFilter size={15} />} onClick={() => onChange({ ...search, target: entry.target })}>{t.onlyTarget}</Button>}
      </div>
      <dl className="facts">
        <dt>{t.columns.when}</dt><dd>{absoluteTime(Date.parse(entry.at))}</dd>
        <dt>{t.columns.who}</dt><dd><Value value={whoOf(entry)} />{entry.actor_name === null && entry.actor.startsWith("account:") ? <div className="dim">{t.gone}</div> : null}<div className="row dim"><span className="mono cut">{entry.actor}</span><CopyIcon value={entry.actor} /></div></dd>
        <dt>{t.columns.what}</dt><dd className="mono">{entry.action}</dd>
        <dt>{t.columns.target}</dt><dd className="row"><span className="mono grow"><Value value={entry.target} /></span><CopyIcon value={entry.target} /></dd>
      </dl>
      <section><h3>{t.detail}</h3><Json text={JSON.stringify(entry.detail)} label={t.detail} /></section>
    </Panel>
  );
}
