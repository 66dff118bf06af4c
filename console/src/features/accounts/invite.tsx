// Inviting somebody: address and role; then what became of the link.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { InvitationMade } from "@tributary/schema/api/members.ts";
import type { Role } from "@tributary/schema/api/roles.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { LinkOnce } from "./link-once.tsx";
import { invitationsQuery } from "./queries.ts";
import { rolesFor } from "./roles-for.ts";
import type { Session } from "./session.ts";

const t = texts.members.invite;

export function Invite({ session, onClose }: { readonly session: Session; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const roles = rolesFor(session);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>(roles.includes("viewer") ? "viewer" : (roles[0] ?? "viewer"));
  const invite = useMutation({
    mutationFn: () => change<InvitationMade>("POST", "/invitations", { email: email.trim(), role }),
    onSuccess: () => client.invalidateQueries({ queryKey: invitationsQuery.queryKey }),
  });
  const made = invite.data;
  if (made) return <MadeInvitation made={made} onClose={onClose} />;
  return (
    <Dialog onClose={onClose} title={t.title}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); invite.mutate(); }}>
        <TextInput label={t.email} type="email" required withAsterisk={false} data-autofocus autoComplete="off" value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        <NativeSelect
          label={t.role} description={texts.roles[role].what} inputWrapperOrder={["label", "input", "description", "error"]} value={role}
          data={roles.map((value) => ({ value, label: texts.roles[value].name }))}
          onChange={(event) => setRole(roles.find((one) => one === event.currentTarget.value) ?? role)}
        />
        {invite.error ? <ProblemNotice problem={invite.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button type="submit" loading={invite.isPending}>{t.submit}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Closed by its button alone where it shows a link: a stray click must not lose what is shown once. */
export function MadeInvitation({ made, onClose }: { readonly made: InvitationMade; readonly onClose: () => void }): ReactNode {
  const isShown = made.link !== null;
  return (
    <Dialog onClose={onClose} title={made.invitation.email} hasCross={false} isHeld={isShown}>
      <div className="stack">
        <LinkOnce made={made} sent={t.sent(made.invitation.email)} expiresAt={made.invitation.expires_at} />
        <div className="row" style={{ justifyContent: "flex-end" }}><Button onClick={onClose} data-autofocus>{t.done}</Button></div>
      </div>
    </Dialog>
  );
}
