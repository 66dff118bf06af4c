// What is watched with how much patience, and whom it is told.
import { Button, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { AlertRuleShown, AlertRules } from "@tributary/schema/api/alerts.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { ChannelsCard } from "./channels-card.tsx";
import { alertRulesQuery } from "./queries.ts";
import { RuleDialog, type RuleOf } from "./rule-dialog.tsx";
import "./alerts.css";

const t = texts.alerts;
/** A changed rule is looked at at once, but not within the answer. */
const LOOKED_MS = 1_500;

export function AlertSettingsPage(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const rules = useQuery(alertRulesQuery);
  const isAdmin = may(session, "admin");
  return (
    <Page title={t.rulesTitle} sentence={t.rulesSentence}>
      <div className="stack-wide">
        {isAdmin ? <ChannelsCard /> : <p className="dim">{t.readOnly}</p>}
        {rules.error ? <ProblemNotice problem={rules.error} onRetry={() => void rules.refetch()} /> : (
          <Card title={t.rules} bare={rules.data !== undefined}>
            {rules.data ? <Rules rules={rules.data.data} mayChange={isAdmin} /> : <div className="stack">{[40, 80, 60, 70].map((width) => <Bar key={width} width={width} />)}</div>}
          </Card>
        )}
      </div>
    </Page>
  );
}

function Rules({ rules, mayChange }: { readonly rules: readonly AlertRuleShown[]; readonly mayChange: boolean }): ReactNode {
  const client = useQueryClient();
  const [editing, setEditing] = useState<RuleOf>();
  const put = useMutation({
    mutationFn: ({ isReset, ...body }: { readonly kind: string; readonly subject?: string; readonly enabled?: boolean; readonly params?: object; readonly isReset?: boolean }) =>
      isReset === true ? change<AlertRules>("POST", "/alert-rules/reset", body) : change<AlertRules>("PUT", "/alert-rules", body),
    onSuccess: (answer, { isReset }) => {
      client.setQueryData(alertRulesQuery.queryKey, answer);
      setTimeout(() => void client.invalidateQueries({ queryKey: ["alerts", "summary"] }), LOOKED_MS);
      toast({ text: isReset === true ? t.restored : t.saved });
    },
  });
  return (
    <>
      {put.error ? <div className="card-body"><ProblemNotice problem={put.error} /></div> : null}
      <ul className="alert-rules">
        {rules.map((rule) => (
          <li key={rule.kind}>
            <div className="stack" style={{ gap: 4 }}>
              <strong>{t.kind(rule.name, rule.kind)}</strong>
              <span className="dim">{t.what(rule.what, rule.kind)}</span>
              <Settings rule={rule} values={rule} />
            </div>
            <div className="row">
              {mayChange ? <Button variant="subtle" size="compact-sm" aria-label={`${t.edit}: ${t.kind(rule.name, rule.kind)}`} onClick={() => setEditing({ rule, subject: "", isNew: false })}>{t.edit}</Button> : null}
              <Switch checked={rule.enabled} disabled={!mayChange || put.isPending} aria-label={t.switched(t.kind(rule.name, rule.kind))} onChange={(event) => put.mutate({ kind: rule.kind, enabled: event.currentTarget.checked, params: rule.params })} />
            </div>
            <Own rule={rule} mayChange={mayChange} onEdit={setEditing} onTake={(subject) => put.mutate({ kind: rule.kind, subject, isReset: true })} />
          </li>
        ))}
      </ul>
      {editing ? <RuleDialog of={editing} onClose={() => setEditing(undefined)} /> : null}
    </>
  );
}

interface OwnProps {
  readonly rule: AlertRuleShown;
  readonly mayChange: boolean;
  readonly onEdit: (of: RuleOf) => void;
  readonly onTake: (subject: string) => void;
}

/** Single things that have settings of their own. */
function Own({ rule, mayChange, onEdit, onTake }: OwnProps): ReactNode {
  if (rule.subjects === null) return null;
  const { of, own } = rule.subjects;
  if (own.length === 0 && !mayChange) return null;
  return (
    <ul className="alert-own">
      {own.map((one) => (
        <li key={one.subject}>
          <strong><bdi>{one.name}</bdi></strong>{one.enabled ? null : <span className="dim">{t.off}</span>}<Settings rule={rule} values={one} />
          {mayChange ? <><Button variant="subtle" size="compact-xs" aria-label={`${t.edit}: ${one.name}`} onClick={() => onEdit({ rule, subject: one.subject, isNew: false })}>{t.edit}</Button><Button variant="subtle" size="compact-xs" aria-label={`${t.take}: ${one.name}`} onClick={() => onTake(one.subject)}>{t.take}</Button></> : null}
        </li>
      ))}
      {mayChange ? <li><Button variant="subtle" size="compact-xs" onClick={() => onEdit({ rule, subject: "", isNew: true })}>{t.addOwn[of]}</Button></li> : null}
    </ul>
  );
}

function Settings({ rule, values }: { readonly rule: AlertRuleShown; readonly values: Pick<AlertRuleShown, "params" | "is_default"> }): ReactNode {
  return (
    <span className="alert-settings">
      {rule.fields.map(({ key, title, choices }) => {
        const value = values.params[key];
        return <span key={key} className="dim">{t.field(title, rule.kind, key)}: <span className="figure">{choices === null ? String(value) : t.choice(String(value))}</span></span>;
      })}
      <span className="dim">{values.is_default ? `(${t.byDefault})` : null}</span>
    </span>
  );
}
