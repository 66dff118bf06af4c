// A link that is shown this once, for passing on; or that a mail carries it.
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { absoluteTime } from "../../ui/format.ts";

const t = texts.members.invite;

export interface Delivered {
  readonly link: string | null;
  readonly mail: "sent" | "failed" | "not_set_up";
}

export function LinkOnce({ made, sent, expiresAt }: { readonly made: Delivered; readonly sent: string; readonly expiresAt: string }): ReactNode {
  if (made.link === null) return <p role="status">{sent}</p>;
  return (
    <div className="once stack" role="status">
      <div>{made.mail === "failed" ? t.failed : t.notSetUp}</div>
      <div className="row"><code aria-label={t.link}>{made.link}</code><CopyIcon value={made.link} label={t.copy} /></div>
      <div className="dim">{t.linkText(absoluteTime(Date.parse(expiresAt)))}</div>
    </div>
  );
}
