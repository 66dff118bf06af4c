// Makes a source: its name, what it is, and from where it may be sent to. Leads to its page, which shows the key once.
import { Button, Radio, TextInput } from "@mantine/core";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import type { SourceAnswer, SourceCreated } from "@tributary/schema/api/workspace.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { keepMadeKey } from "./made-keys.ts";
import { originProblems, originsOf } from "./origins.ts";
import { OriginsField } from "./origins-field.tsx";
import { sourceListQuery } from "./queries.ts";
import "./source.css";

const t = texts.sources;
type Kind = SourceAnswer["kind"];
const kinds = ["website", "server", "mobile", "webhook", "import"] as const satisfies readonly Kind[];

export function NewSourcePage(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  return (
    <Page title={t.create.title} back={{ to: "/sources", text: t.title }} sentence={t.create.sentence}>
      <div className="narrow">{may(session, "admin") ? <NewSource /> : <p>{texts.everywhere.forbidden}</p>}</div>
    </Page>
  );
}

function NewSource(): ReactNode {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>("website");
  const [text, setText] = useState("");
  const origins = kind === "website" ? originsOf(text) : [];
  const isValid = name.trim() !== "" && originProblems(origins).length === 0;
  const making = useMutation({
    mutationFn: () => change<SourceCreated>("POST", "/sources", { name: name.trim(), kind, allowed_origins: origins }),
    onSuccess: async ({ source, key }) => {
      keepMadeKey(source.id, key.write_key);
      client.setQueryData(sourceListQuery.queryKey, (sources) => sources && [...sources, source]);
      void client.invalidateQueries({ queryKey: sourceListQuery.queryKey });
      await navigate({ to: "/sources/$sourceId", params: { sourceId: String(source.id) } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isValid) making.mutate();
  };
  return (
    <Card title={t.create.what}>
      <form className="stack roomy" onSubmit={submit}>
        <TextInput label={t.columns.name} description={t.create.nameHint} value={name} maxLength={200} autoFocus required withAsterisk={false} onChange={(event) => setName(event.currentTarget.value)} />
        <Radio.Group label={t.columns.kind} value={kind} onChange={(value) => { const found = kinds.find((one) => one === value); if (found) setKind(found); }}>
          <div className="stack" style={{ marginTop: 8 }}>
            {kinds.map((one) => <Radio key={one} value={one} label={t.kinds[one]} description={t.create.kinds[one]} />)}
          </div>
        </Radio.Group>
        {kind === "website" ? <OriginsField value={text} onChange={setText} /> : null}
        {making.error ? <ProblemNotice problem={making.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" component={Link} to="/sources">{texts.everywhere.cancel}</Button>
          <Button type="submit" disabled={!isValid} loading={making.isPending}>{t.create.action}</Button>
        </div>
      </form>
    </Card>
  );
}
