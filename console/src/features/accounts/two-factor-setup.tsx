// The two steps of setting up a second factor: the app shows its first code, then the recovery codes are kept.
import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { CopyIcon, CopyText } from "../../ui/copy.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { doorAnswer } from "./door.ts";
import { QrCode } from "./qr-code.tsx";

const t = texts.accounts.twoFactor;

export interface Setup {
  /** otpauth://, as apps read it. */
  readonly uri: string;
  readonly codes: readonly string[];
}

interface VerifyProps {
  readonly setup: Setup;
  readonly onVerified: () => Promise<void>;
  readonly onCancel: () => void;
}

export function VerifyApp({ setup, onVerified, onCancel }: VerifyProps): ReactNode {
  const [code, setCode] = useState("");
  const verify = useMutation({
    mutationFn: async () => {
      await doorAnswer("two-factor/verify-totp", { code: code.replace(/\s/g, "") });
      await onVerified();
    },
  });
  const secret = new URL(setup.uri).searchParams.get("secret") ?? "";
  return (
    <form className="two-factor-set-up" onSubmit={(event) => { event.preventDefault(); verify.mutate(); }}>
      <QrCode text={setup.uri} label={t.scanLabel} />
      <div className="stack">
        <strong>{t.scan}</strong>
        <div>
          <div className="dim">{t.secret}</div>
          <div className="row"><code className="mono two-factor-secret">{secret.replace(/(.{4})(?=.)/g, "$1 ")}</code><CopyIcon value={secret} /></div>
        </div>
        <TextInput
          label={t.code} inputMode="numeric" autoComplete="one-time-code" maxLength={8} required withAsterisk={false} autoFocus value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        {verify.error ? <ProblemNotice problem={verify.error} /> : null}
        <div className="row wrap">
          <Button type="submit" loading={verify.isPending}>{t.verify}</Button>
          <Button variant="default" onClick={onCancel}>{texts.everywhere.cancel}</Button>
        </div>
      </div>
    </form>
  );
}

export function RecoveryCodes({ codes, onKept }: { readonly codes: readonly string[]; readonly onKept: () => void }): ReactNode {
  return (
    <div className="stack" role="status">
      <strong>{t.codesTitle}</strong>
      <p className="dim">{t.codesText}</p>
      <ul className="recovery-codes mono" aria-label={t.codesTitle}>{codes.map((code) => <li key={code}>{code}</li>)}</ul>
      <div className="row wrap">
        <CopyText value={codes.join("\n")}>{t.copyCodes}</CopyText>
        <Button onClick={onKept}>{t.codesKept}</Button>
      </div>
    </div>
  );
}
