// One person: who it is and why we think so, what is known, what they did.
import { Button, Tabs } from "@mantine/core";
import { IconActivity, IconUserOff, IconUsers } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import type { ProfileAnswer, SharedIdentifier } from "@tributary/schema/api/profiles.ts";
import { boot } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon, CopyText } from "../../ui/copy.tsx";
import { When } from "../../ui/figure.tsx";
import { Json } from "../../ui/json.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Face, Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { PersonAudiences } from "../audiences/person-audiences.tsx";
import { Reach } from "../desk/channels.tsx";
import { ServiceView } from "../desk/service-view.tsx";
import { curlOfRead } from "../events/curl.ts";
import { MaskedMark } from "../masking/masked.tsx";
import { Consents, Devices, KnownBy, Linked } from "./person-side.tsx";
import { evidenceWords, joinWords } from "./person-evidence.ts";
import { nameOf } from "./person-words.ts";
import { channelsQuery, personPath, personQuery } from "./queries.ts";
import type { PersonTab } from "./search.ts";
import { Timeline } from "./timeline.tsx";
import { Traits } from "./traits.tsx";
import "./profiles.css";

const IdentityTab = lazy(async () => ({ default: (await import("../identity/identity-tab.tsx")).IdentityTab }));
const PersonSent = lazy(async () => ({ default: (await import("../destinations/person-sent.tsx")).PersonSent }));
const PersonExports = lazy(async () => ({ default: (await import("../exports/person-exports.tsx")).PersonExports }));
const t = texts.profiles;
const route = getRouteApi("/shell/profiles/$ref");
const back = { to: "/profiles", text: t.title } as const;
const tabs: readonly PersonTab[] = ["service", "overview", "identity", "sent", "raw"];

export function PersonPage(): ReactNode {
  const { ref } = route.useParams();
  const person = useQuery(personQuery(ref));
  if (person.data && "shared" in person.data) return <SharedPeople answer={person.data} />;
  if (person.data) return <Person person={person.data} />;
  if (person.error) return <Page title={t.title} back={back}><ProblemNotice problem={person.error} onRetry={() => void person.refetch()} /></Page>;
  return (
    <Page title={t.title} back={back} heading={<div className="person-head"><span className="face large" /><div className="stack grow"><Bar width={30} /><Bar width={50} /></div></div>}>
      <div className="person-grid">{[1, 2, 3].map((card) => <Card key={card} title={[t.traits, t.timeline, t.identifiers][card - 1] ?? ""}><div className="stack">{[70, 50, 80, 60, 40].map((width) => <Bar key={width} width={width} />)}</div></Card>)}</div>
    </Page>
  );
}

function Person({ person }: { readonly person: ProfileAnswer }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  // Whoever helps callers begins with what is open.
  const mayServe = may(session, "service");
  const first: PersonTab = session.role === "service_agent" ? "service" : "overview";
  const { tab: wished = first } = route.useSearch();
  const tab = wished === "service" && !mayServe ? "overview" : wished;
  const { ref } = route.useParams();
  const navigate = useNavigate();
  const name = nameOf(person);
  const go = (next: string | null): void => void navigate({ to: "/profiles/$ref", params: { ref }, search: next === first || next === null ? {} : { tab: next as PersonTab }, replace: true }); // A tab of the list below.
  const actions = (
    <>
      <CopyText value={curlOfRead(boot.publicUrl, personPath(person.id))}>{t.copyCurl}</CopyText>
      <Button component={Link} to={`/live?profile=${person.id}`} variant="default" leftSection={<IconActivity size={15} />}>{t.watch}</Button>
      {may(session, "write") && may(session, "personal_data") ? <Button component={Link} to={`/forgettings?forget=${person.id}`} variant="default" leftSection={<IconUserOff size={15} />}>{t.forget}</Button> : null}
    </>
  );
  return (
    <Page title={name} back={back} heading={<Heading person={person} name={name} />} actions={actions}>
      <Tabs value={tab} onChange={go} keepMounted={false}>
        <Tabs.List className="tabs-space">{tabs.filter((one) => mayServe || one !== "service").map((one) => <Tabs.Tab key={one} value={one}>{t.tabs[one]}</Tabs.Tab>)}</Tabs.List>
        {mayServe ? <Tabs.Panel value="service"><ServiceView person={person} identifiers={<Card title={t.identifiers}><KnownBy person={person} /></Card>} /></Tabs.Panel> : null}
        <Tabs.Panel value="overview"><Overview person={person} /></Tabs.Panel>
        <Tabs.Panel value="identity"><Suspense fallback={<div aria-busy><Bar width={70} /></div>}><IdentityTab person={person} /></Suspense></Tabs.Panel>
        <Tabs.Panel value="sent"><Suspense fallback={<div aria-busy><Bar width={70} /></div>}><div className="stack-wide"><PersonSent personId={person.id} /><PersonExports personId={person.id} /></div></Suspense></Tabs.Panel>
        <Tabs.Panel value="raw"><Json text={JSON.stringify(person)} label={t.tabs.raw} /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Heading({ person, name }: { readonly person: ProfileAnswer; readonly name: string }): ReactNode {
  const { words } = t;
  return (
    <div className="person-head">
      <Face name={name} isAnonymous={person.is_anonymous} isLarge />
      <div className="grow">
        <h1 className="row"><bdi>{name}</bdi><MaskedMark /></h1>
        <div className="person-words">
          <span>{person.is_anonymous ? words.anonymous : words.knownAs}, </span>
          {person.first_seen_at ? <span>{before(words.since)}<When at={person.first_seen_at} />{after(words.since)}, </span> : null}
          {person.last_seen_at ? <span>{before(words.seen)}<When at={person.last_seen_at} />{after(words.seen)}, </span> : null}
          <span>{words.events(person.event_count)}</span>
          <span>. {evidenceWords(person.identifiers)} {joinWords(person.identifiers)}</span>
        </div>
        <Reachable person={person} />
        <div className="row dim"><span className="mono cut">{person.id}</span><CopyIcon value={person.id} label={t.copyId} /></div>
      </div>
    </div>
  );
}

function Reachable({ person }: { readonly person: ProfileAnswer }): ReactNode {
  const { data: settings } = useQuery(channelsQuery);
  if (settings === undefined) return <div className="reach"><Bar width={40} /></div>;
  const channels = settings.service.channels.map(({ channel, namespaces, consent }) => {
    const decision = Object.hasOwn(person.consents, consent) ? person.consents[consent] : undefined;
    return {
      channel, category: consent, reachable: person.identifiers.some(({ namespace }) => namespaces.includes(namespace)),
      granted: decision?.granted ?? person.consent_when_absent === "granted", decided: decision !== undefined,
    };
  });
  return <div className="reach">{channels.map((channel) => <Reach key={`${channel.channel} ${channel.category}`} channel={channel} />)}</div>;
}

const MARK = "\u0000";
/** The words of a sentence around the time in it, which is drawn. */
const before = (sentence: (when: string) => string): string => sentence(MARK).split(MARK)[0] ?? "";
const after = (sentence: (when: string) => string): string => sentence(MARK).split(MARK)[1] ?? "";

function Overview({ person }: { readonly person: ProfileAnswer }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const hasHistory = may(session, "personal_data");
  return (
    <div className="person-grid">
      <Traits person={person} />
      <Timeline id={person.id} />
      <div className="stack" style={{ gap: 16 }}>
        <Card title={t.identifiers}><KnownBy person={person} /></Card>
        <PersonAudiences personId={person.id} />
        <Card title={t.consents}><Consents person={person} /></Card>
        <Card title={t.devices}><Devices person={person} /></Card>
        <Linked person={person} hasHistory={hasHistory} />
      </div>
    </div>
  );
}

function SharedPeople({ answer }: { readonly answer: SharedIdentifier }): ReactNode {
  return (
    <Page title={t.sharedTitle} back={back} sentence={<><span className="mono"><bdi>{answer.identifier.namespace}:{answer.identifier.value.slice(0, 200)}</bdi></span> {t.sharedText}</>}>
      <Card title={t.title} bare>
        {answer.profiles.length === 0 ? <div className="card-body"><State tone="plain">{texts.everywhere.nobody}</State></div> : null}
        {answer.profiles.map((person) => (
          <Link key={person.id} to="/profiles/$ref" params={{ ref: person.id }} className="timeline-line">
            <IconUsers size={16} aria-hidden /><Value value={nameOf(person)} />{person.last_seen_at ? <When at={person.last_seen_at} /> : null}
          </Link>
        ))}
      </Card>
    </Page>
  );
}
