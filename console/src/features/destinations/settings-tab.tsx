// What a destination is set up with: its settings, how fast and for whom it sends, and putting it away.
import { Button, NumberInput, TagsInput, TextInput } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import type { CatalogDetail, DestinationDetail } from "@tributary/schema/api/destinations.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { useUnsaved } from "../../ui/unsaved.ts";
import { may, sessionQuery } from "../accounts/session.ts";
import { ArchiveDialog } from "./archive-dialog.tsx";
import { OAuthConnect } from "./oauth-connect.tsx";
import { catalogDetailQuery, destinationPath } from "./queries.ts";
import { SettingsFields } from "./set-up/settings-fields.tsx";
import { wrongTestPeople } from "./set-up/test-people.ts";
import { useSettingsForm } from "./set-up/use-settings-form.ts";
import type { TabProps } from "./tab-props.ts";
import "../settings/problems.css";
import "./set-up/set-up.css";

const t = texts.setUp.settings;
const RATE_MIN = 0.01;
const RATE_MAX = 10_000;

export function SettingsTab({ destination }: TabProps): ReactNode {
  const kind = useQuery(catalogDetailQuery(destination.definition));
  const isHere = destination.definition_name !== null;
  if (isHere && kind.error) return <ProblemNotice problem={kind.error} onRetry={() => void kind.refetch()} />;
  if (isHere && !kind.data) return <div className="set-up" aria-busy>{[texts.setUp.connection, t.facts].map((title) => <Card key={title} title={title}><div className="stack roomy">{[60, 90, 80, 50].map((width) => <Bar key={width} width={width} />)}</div></Card>)}</div>;
  const side = <div className="stack-wide"><Facts destination={destination} />{destination.status === "active" ? <PutAway destination={destination} /> : null}</div>;
  if (!kind.data || destination.status === "archived") return <div className="set-up"><Card title={texts.setUp.connection}><p>{destination.status === "archived" ? t.archivedText : t.goneText}</p></Card>{side}</div>;
  return <div className="set-up"><Settings key={destination.slug} destination={destination} kind={kind.data} />{side}</div>;
}

interface More {
  readonly per_second?: number | null;
  readonly account?: string;
  readonly test_people?: readonly string[];
}

function Settings({ destination, kind }: { readonly destination: DestinationDetail; readonly kind: CatalogDetail }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const form = useSettingsForm(kind, destination);
  const [more, setMore] = useState<More>({});
  const mayChange = may(session, "admin");
  const mayName = may(session, "write");
  // Masked values, sent back, would take the place of the real ones.
  const maySeePeople = may(session, "personal_data");
  const rate = more.per_second === undefined ? destination.per_second : more.per_second;
  const account = more.account ?? destination.account ?? "";
  const people = more.test_people ?? destination.test_people ?? [];
  const wrongPeople = more.test_people ? wrongTestPeople(more.test_people) : [];
  const isRate = rate === null || (rate >= RATE_MIN && rate <= RATE_MAX);
  const changes = {
    ...(rate === destination.per_second ? {} : { per_second: rate }),
    ...(account.trim() === (destination.account ?? "") ? {} : { account: account.trim() === "" ? null : account.trim() }),
    ...(JSON.stringify(people) === JSON.stringify(destination.test_people ?? []) ? {} : { test_people: people.length === 0 ? null : people }),
  };
  const hasChanged = form.hasChanged || Object.keys(changes).length > 0;
  const isRight = form.name.trim() !== "" && isRate && wrongPeople.length === 0;
  useUnsaved(hasChanged);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isRight || !hasChanged || (await form.save(changes)) === undefined) return;
    setMore({});
    toast({ text: t.saved(form.name.trim()) });
  };
  return (
    <form className="stack-wide" noValidate onSubmit={(event) => void submit(event)}>
      {mayChange ? null : <p className="dim">{texts.setUp.adminOnly}</p>}
      <Card title={texts.setUp.connection}>
        <div className="stack roomy">
          <TextInput label={texts.setUp.name} maxLength={200} withAsterisk aria-required disabled={!mayName} value={form.name} error={form.name.trim() === "" ? texts.setUp.nameNeeded : undefined} onChange={(event) => form.setName(event.currentTarget.value)} />
          <SettingsFields form={form} disabled={!mayChange} />
        </div>
      </Card>
      {kind.definition.authentication === "oauth2" ? <OAuthConnect destination={destination} /> : null}
      <Card title={t.sending}>
        <div className="stack roomy">
          <NumberInput
            label={t.rate} description={t.rateHint} w={260} hideControls clampBehavior="none" allowNegative={false} disabled={!mayChange} value={rate ?? ""} placeholder={t.noRate} error={isRate ? undefined : t.rateWrong}
            onChange={(value) => setMore({ ...more, per_second: typeof value === "number" ? value : null })}
          />
          <TextInput
            label={t.account} description={t.accountHint} maw={420} maxLength={100} disabled={!mayChange} value={account} placeholder={t.accountBySettings}
            onChange={(event) => setMore({ ...more, account: event.currentTarget.value })}
          />
          <SharedRate rate={destination.rate} />
          <TagsInput
            label={texts.setUp.preview.testPeople} description={maySeePeople ? t.testPeopleHint : t.testPeopleMasked} placeholder={people.length === 0 ? texts.setUp.preview.everybody : ""} disabled={!mayChange || !maySeePeople} splitChars={[","]} acceptValueOnBlur maxTags={100}
            value={[...people]} error={wrongPeople.length > 0 ? texts.setUp.preview.testPeopleWrong(wrongPeople.join(", ")) : undefined} onChange={(next) => setMore({ ...more, test_people: next })}
          />
        </div>
      </Card>
      {hasChanged ? (
        <div className="row wrap setting-bar">
          <Button type="submit" loading={form.isSaving} disabled={!isRight}>{texts.settings.save}</Button>
          <Button variant="default" onClick={() => { setMore({}); form.discard(); }}>{texts.settings.discard}</Button>
          {destination.enabled ? <span className="dim">{t.atOnce}</span> : null}
        </div>
      ) : null}
    </form>
  );
}

/** Who else is bound by the rate, and how fast all of them may go. */
function SharedRate({ rate: { per_second: perSecond, shared_with: others } }: Pick<DestinationDetail, "rate">): ReactNode {
  if (others.length === 0) return null;
  return (
    <div>
      <p>{t.sharedRate(others.length, perSecond)}</p>
      {others.map(({ slug, name, per_second: own }) => (
        <p key={slug}><Link to="/destinations/$slug" params={{ slug }} search={{ tab: "settings" }}><bdi>{name}</bdi></Link>{own === null ? null : <span className="dim"> · {t.ownRate(own)}</span>}</p>
      ))}
    </div>
  );
}

function Facts({ destination }: { readonly destination: DestinationDetail }): ReactNode {
  const { slug, definition, definition_name: name, version, created_at: created, updated_at: updated, updated_by: by, updated_by_name: byName } = destination;
  return (
    <Card title={t.facts}>
      <dl className="facts">
        <dt>{t.kind}</dt><dd><bdi>{name ?? `${definition} (${texts.destinations.gone})`}</bdi></dd>
        <dt>{t.changed}</dt><dd><When at={updated} /> · <bdi>{byName ?? by}</bdi></dd>
        <dt>{t.version}</dt><dd>{version}</dd>
        <dt>{t.created}</dt><dd><When at={created} /></dd>
        <dt>{t.slug}</dt><dd className="row"><span className="mono cut">{slug}</span><CopyIcon value={slug} /></dd>
      </dl>
    </Card>
  );
}

function PutAway({ destination }: { readonly destination: DestinationDetail }): ReactNode {
  const { slug, name, subscriptions } = destination;
  const { data: session } = useSuspenseQuery(sessionQuery);
  const navigate = useNavigate();
  const [isAsking, setIsAsking] = useState(false);
  if (!may(session, "admin")) return null;
  return (
    <Card title={t.putAway}>
      <div className="stack">
        <p className="dim">{t.putAwayText}</p>
        <div><Button variant="default" onClick={() => setIsAsking(true)}>{t.archive}</Button></div>
      </div>
      {isAsking ? (
        <ArchiveDialog
          title={t.archiveTitle(name)} text={t.archiveText(subscriptions.total)} offersEmptying={subscriptions.total > 0} onClose={() => setIsAsking(false)}
          onArchive={async (isEmptied) => {
            await change("DELETE", `${destinationPath(slug)}?empty=${isEmptied}`);
            await navigate({ to: "/destinations" });
          }} done={(isEmptied) => (isEmptied ? texts.audienceSync.emptying : t.archived)(name)}
        />
      ) : null}
    </Card>
  );
}
