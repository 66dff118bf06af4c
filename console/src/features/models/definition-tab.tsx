// What a model is: its query, its key, whom rows are about, when it runs, and what its rows become.
import { Button, Switch } from "@mantine/core";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Fragment, useState, type ReactNode } from "react";
import type { ModelShown } from "@tributary/schema/api/models.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { When } from "../../ui/figure.tsx";
import { Card } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { modelPath } from "./queries.ts";
import { WarehouseName } from "./warehouse-name.tsx";

const t = texts.models;

export function DefinitionTab({ model }: { readonly model: ModelShown }): ReactNode {
  const { query, key, person, schedule, feeds, warehouse, stopShare } = model.definition;
  const parts: readonly (readonly [string, ReactNode])[] = [
    [t.form.warehouse, <WarehouseName key="warehouse" slug={warehouse} />], [t.form.key, <span key="key" className="mono">{key.join(", ")}</span>], [t.form.person, person === undefined ? t.form.nobody : `${person.column} → ${person.namespace}`],
    [t.form.schedule, t.scheduleText(schedule)], [t.form.stopShare, t.percent(stopShare)], [t.form.feeds, feeds === undefined ? t.form.noFeed : t.feedText(feeds.call, feeds.source)],
    ...(model.fed === null ? [] : [[t.fed, <span key="fed">{t.fedText(model.fed.events, model.fed.passed_over)}{model.fed.problem === null ? "" : ` ${model.fed.problem}`}</span>] as const]),
    [t.changedBy, <span key="by"><bdi>{model.updated_by_name ?? model.updated_by}</bdi>, <When at={model.updated_at} /></span>],
  ];
  return (
    <div className="stack-wide">
      <Card title={t.form.query}><pre className="code" tabIndex={0} aria-label={t.form.query} dir="ltr">{query.kind === "sql" ? query.sql : query.files}</pre></Card>
      <Card title={t.tabs.definition}>
        <dl className="facts">{parts.map(([name, value]) => <Fragment key={name}><dt>{name}</dt><dd>{value}</dd></Fragment>)}</dl>
      </Card>
      <Switches model={model} />
    </div>
  );
}

function Switches({ model }: { readonly model: ModelShown }): ReactNode {
  const client = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [isArchiving, setIsArchiving] = useState(false);
  const turn = useMutation({
    mutationFn: (enabled: boolean) => change("PATCH", modelPath(model.slug), { enabled }), onError: (error) => toast({ tone: "bad", text: error.message }), onSuccess: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
  if (model.status === "archived" || !may(session, "write")) return null;
  return (
    <div className="row wrap">
      <Switch className="grow" label={t.enabled} checked={model.enabled} disabled={turn.isPending} onChange={(event) => turn.mutate(event.currentTarget.checked)} />
      {may(session, "admin") ? <Button variant="default" onClick={() => setIsArchiving(true)}>{t.archive}</Button> : null}
      {isArchiving ? <ArchiveModel model={model} onClose={() => setIsArchiving(false)} /> : null}
    </div>
  );
}

/** Asked about, since no way leads back. */
function ArchiveModel({ model: { slug, name, rows }, onClose }: { readonly model: ModelShown; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const navigate = useNavigate();
  const archive = useMutation({
    mutationFn: () => change("DELETE", modelPath(slug)),
    onSuccess: async () => {
      toast({ text: t.archived });
      await client.invalidateQueries({ queryKey: ["models"] });
      await navigate({ to: "/models" });
    },
  });
  return (
    <AskDialog title={t.archiveTitle(name)} action={<Button color="red" loading={archive.isPending} onClick={() => archive.mutate()}>{t.archive}</Button>} error={archive.error} onClose={onClose}>
      <p>{t.archiveText(rows)}</p>
    </AskDialog>
  );
}
