// The second step of signing in: the code of an authenticator app, or one of the recovery codes.
import { Button, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { doorAnswer } from "./door.ts";
import { useEnter } from "./use-enter.ts";

const t = texts.signIn.code;

export function CodeForm({ next, onBack }: { readonly next: string | undefined; readonly onBack: () => void }): ReactNode {
  const [isRecovery, setRecovery] = useState(false);
  const [code, setCode] = useState("");
  const { problem, isBusy, submit } = useEnter(next, async () => {
    const given = code.replace(/\s/g, "");
    await doorAnswer(isRecovery ? "two-factor/verify-backup-code" : "two-factor/verify-totp", { code: given });
    return true;
  });
  const switchWay = (): void => {
    setRecovery(!isRecovery);
    setCode("");
  };
  return (
    <form className="stack" onSubmit={submit}>
      <p className="dim">{isRecovery ? t.recoveryText : t.text}</p>
      <TextInput
        key={String(isRecovery)} label={isRecovery ? t.recoveryLabel : t.label} autoFocus required withAsterisk={false} autoComplete="one-time-code" spellCheck={false}
        {...(isRecovery ? {} : { inputMode: "numeric", maxLength: 8 })} value={code} onChange={(event) => setCode(event.currentTarget.value)}
      />
      {problem ? <ProblemNotice problem={problem} /> : null}
      <Button type="submit" loading={isBusy} fullWidth mt={8}>{t.submit}</Button>
      <div className="row sign-in-ways">
        <Button variant="subtle" size="compact-sm" onClick={switchWay}>{isRecovery ? t.app : t.recovery}</Button>
        <Button variant="subtle" size="compact-sm" onClick={onBack}>{t.back}</Button>
      </div>
    </form>
  );
}
