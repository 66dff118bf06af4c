// The second factor of one's own account: set up with an app, recovery codes, switched off. Each begins with the password.
import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { doorAnswer, ownSessionsQuery } from "./door.ts";
import { sessionQuery } from "./session.ts";
import { RecoveryCodes, VerifyApp, type Setup } from "./two-factor-setup.tsx";

const t = texts.accounts.twoFactor;
type Wish = keyof typeof t.confirm;

export function TwoFactor({ isOn }: { readonly isOn: boolean }): ReactNode {
  const client = useQueryClient();
  const [wish, setWish] = useState<Wish>();
  const [setup, setSetup] = useState<Setup>();
  const [codes, setCodes] = useState<readonly string[]>();
  const refresh = async (): Promise<void> => {
    await Promise.all([client.invalidateQueries({ queryKey: sessionQuery.queryKey }), client.invalidateQueries({ queryKey: ownSessionsQuery.queryKey })]);
  };
  const confirmed = async (password: string): Promise<void> => {
    if (wish === "setUp") {
      const { totpURI, backupCodes } = await doorAnswer<{ readonly totpURI: string; readonly backupCodes: readonly string[] }>("two-factor/enable", { password });
      setSetup({ uri: totpURI, codes: backupCodes });
    } else if (wish === "newCodes") {
      const { backupCodes } = await doorAnswer<{ readonly backupCodes: readonly string[] }>("two-factor/generate-backup-codes", { password });
      setCodes(backupCodes);
    } else {
      await doorAnswer("two-factor/disable", { password });
      await refresh();
    }
    setWish(undefined);
  };
  const verified = async (): Promise<void> => {
    setCodes(setup?.codes);
    setSetup(undefined);
    await refresh();
    toast({ text: t.done });
  };
  return (
    <Card title={t.title} actions={<State tone={isOn ? "good" : "plain"}>{isOn ? t.on : t.off}</State>}>
      <div className="stack">
        {setup || codes ? null : <p className="dim">{isOn ? t.onText : t.offText}</p>}
        {setup ? <VerifyApp setup={setup} onVerified={verified} onCancel={() => setSetup(undefined)} /> : null}
        {codes ? <RecoveryCodes codes={codes} onKept={() => setCodes(undefined)} /> : null}
        {setup || codes ? null : (
          <div className="row wrap">
            {isOn ? (
              <>
                <Button variant="default" onClick={() => setWish("newCodes")}>{t.newCodes}</Button>
                <Button variant="subtle" color="red" onClick={() => setWish("switchOff")}>{t.switchOff}</Button>
              </>
            ) : <Button onClick={() => setWish("setUp")}>{t.setUp}</Button>}
          </div>
        )}
      </div>
      {wish ? <ConfirmByPassword wish={wish} onConfirm={confirmed} onClose={() => setWish(undefined)} /> : null}
    </Card>
  );
}

interface ConfirmProps {
  readonly wish: Wish;
  readonly onConfirm: (password: string) => Promise<void>;
  readonly onClose: () => void;
}

function ConfirmByPassword({ wish, onConfirm, onClose }: ConfirmProps): ReactNode {
  const [password, setPassword] = useState("");
  const confirm = useMutation({ mutationFn: () => onConfirm(password) });
  return (
    <Dialog onClose={onClose} title={t.confirm[wish]}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); confirm.mutate(); }}>
        <p>{t.confirmText[wish]}</p>
        <PasswordInput label={t.password} autoComplete="current-password" required withAsterisk={false} data-autofocus value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
        {confirm.error ? <ProblemNotice problem={confirm.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button type="submit" loading={confirm.isPending} {...(wish === "switchOff" ? { color: "red" } : {})}>{wish === "switchOff" ? t.switchOff : t.goOn}</Button>
        </div>
      </form>
    </Dialog>
  );
}
