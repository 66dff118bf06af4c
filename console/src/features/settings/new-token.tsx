// Makes a token: what for, what it may do, until when; shows it once.
import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { scope, type Scope } from "@tributary/schema/api/answer-parts.ts";
import type { TokenCreated } from "@tributary/schema/api/workspace.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { may, type Session } from "../accounts/session.ts";
import { tokensQuery } from "./queries.ts";

const t = texts.tokens;
const DAY_MS = 86_400_000;
const expiries = ["30", "90", "365", "never"] as const;

export function NewToken({ session, onClose }: { readonly session: Session; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [expiry, setExpiry] = useState<string>("90");
  const make = useMutation({
    mutationFn: () => change<TokenCreated>("POST", "/tokens", {
      name, scopes, ...(expiry === "never" ? {} : { expires_at: new Date(Date.now() + Number(expiry) * DAY_MS).toISOString() }),
    }),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (scopes.length > 0) make.mutate();
  };
  const toggle = (one: Scope): void => setScopes(scopes.includes(one) ? scopes.filter((other) => other !== one) : [...scopes, one]);
  if (make.data) return <MadeToken secret={make.data.secret} onClose={onClose} />;
  return (
    <Dialog onClose={onClose} title={t.make}>
      <form className="stack" onSubmit={submit}>
        <TextInput label={t.name} description={t.nameHint} required withAsterisk={false} maxLength={200} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Checkbox.Group label={t.scopes} description={scope.options.every((one) => may(session, one)) ? undefined : t.scopesMissing} error={scopes.length === 0 ? t.scopesNone : undefined} value={[...scopes]}>
          <div className="stack" style={{ marginTop: 8 }}>
            {scope.options.map((one) => (
              <Checkbox key={one} value={one} label={t.scopeNames[one].name} description={t.scopeNames[one].what} disabled={!may(session, one)} onChange={() => toggle(one)} />
            ))}
          </div>
        </Checkbox.Group>
        <NativeSelect label={t.expiry} value={expiry} onChange={(event) => setExpiry(event.currentTarget.value)} data={expiries.map((value) => ({ value, label: t.expiries[value] }))} />
        {make.error ? <ProblemNotice problem={make.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button type="submit" loading={make.isPending}>{t.make}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Closed by its button alone: a stray click must not lose what is shown once. */
function MadeToken({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }): ReactNode {
  return (
    <Dialog onClose={onClose} title={t.madeTitle} hasCross={false} isHeld>
      <div className="stack" role="status">
        <p>{t.madeText}</p>
        <div className="row"><code className="mono" style={{ overflowWrap: "anywhere" }}>{secret}</code><CopyIcon value={secret} /></div>
        <div className="row" style={{ justifyContent: "flex-end" }}><Button onClick={onClose} data-autofocus>{t.done}</Button></div>
      </div>
    </Dialog>
  );
}
