// A new subscription: what it begins with, as the vendor suggests it or bare, and then the editor.
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { DestinationDetail } from "@tributary/schema/api/destinations.ts";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { texts, wordFrom } from "../../../texts/texts.ts";
import { Empty, ProblemNotice } from "../../../ui/notice.tsx";
import { Card, Page } from "../../../ui/page.tsx";
import { catalogDetailQuery, destinationQuery } from "../queries.ts";
import { DescriptionOf } from "../set-up/field-description.tsx";
import { newDraft } from "./model/subscription-draft.ts";
import { EditorSkeleton, backTo } from "./frame.tsx";
import { suggestionsQuery } from "./queries.ts";
import { SubscriptionEditor } from "./subscription-editor.tsx";
import "../../audiences/audiences.css";
import "../../profiles/profiles.css";
import "../destinations.css";
import "./subscription.css";

const t = texts.subscriptions;
const route = getRouteApi("/shell/destinations/$slug/subscriptions/new");
/** From here on one looks for it. */
const MANY = 10;

export function NewSubscriptionPage(): ReactNode {
  const { slug } = route.useParams();
  const destination = useQuery(destinationQuery(slug));
  const kind = useQuery({ ...catalogDetailQuery(destination.data?.definition ?? ""), enabled: destination.data !== undefined });
  const error = destination.error ?? kind.error;
  if (error) return <Page title={t.newTitle} back={backTo(slug, destination.data?.name)}><ProblemNotice problem={error} onRetry={() => void (destination.error ? destination.refetch() : kind.refetch())} /></Page>;
  if (!destination.data || !kind.data) return <EditorSkeleton title={t.newTitle} slug={slug} />;
  return <Begun destination={destination.data} definition={kind.data.definition} />;
}

function Begun({ destination, definition }: { readonly destination: DestinationDetail; readonly definition: DestinationDefinition }): ReactNode {
  const search = route.useSearch();
  const actions = definition.actions.filter(({ isHidden }) => !isHidden);
  const preset = definition.presets.find(({ key }) => key === search.preset);
  const only = actions.length === 1 && definition.presets.length === 0 ? actions[0] : undefined;
  const action = definition.actions.find(({ key }) => key === (preset?.action ?? search.action)) ?? only;
  const suggestions = useQuery({ ...suggestionsQuery(destination.slug, action?.key ?? ""), enabled: action !== undefined });
  if (action === undefined) return <Beginnings destination={destination} definition={definition} />;
  if (suggestions.error) return <Page title={t.newTitle} back={backTo(destination.slug, destination.name)}><ProblemNotice problem={suggestions.error} onRetry={() => void suggestions.refetch()} /></Page>;
  if (!suggestions.data) return <EditorSkeleton title={t.newTitle} slug={destination.slug} name={destination.name} />;
  return <SubscriptionEditor key={`${action.key} ${preset?.key ?? ""}`} destination={destination} definition={definition} saved={undefined} first={newDraft({ action, preset, suggestions: suggestions.data })} />;
}

function Beginnings({ destination: { slug, name }, definition }: { readonly destination: DestinationDetail; readonly definition: DestinationDefinition }): ReactNode {
  const [search, setSearch] = useState("");
  const words = search.trim().toLowerCase().split(/\s+/);
  const isFound = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  const actions = definition.actions.filter(({ isHidden }) => !isHidden);
  const nameOf = (key: string): string => definition.actions.find((one) => one.key === key)?.name ?? key;
  const presets = definition.presets.filter((one) => isFound(`${one.name} ${nameOf(one.action)}`));
  const bare = actions.filter((one) => isFound(`${one.name} ${one.description}`));
  const isMany = definition.presets.length + actions.length > MANY;
  return (
    <Page title={t.newTitle} back={backTo(slug, name)} sentence={t.newSentence(name)}>
      {isMany ? <TextInput className="beginning-find" leftSection={<IconSearch size={15} aria-hidden />} aria-label={t.findBeginning} placeholder={t.findBeginning} maxLength={200} value={search} onChange={(event) => setSearch(event.currentTarget.value)} /> : null}
      <div className="stack-wide">
        {presets.length > 0 ? (
          <Card title={t.presets} bare>
            <ul className="beginnings">{presets.map((one) => <li key={one.key}><Link to="/destinations/$slug/subscriptions/new" params={{ slug }} search={{ preset: one.key }}><bdi>{one.name}</bdi></Link><span className="dim">{nameOf(one.action) === one.name ? null : <bdi>{nameOf(one.action)} · </bdi>}{wordFrom(t.presetTriggers, one.trigger)}</span></li>)}</ul>
          </Card>
        ) : null}
        {bare.length > 0 ? (
          <Card title={t.actions} bare>
            <ul className="beginnings">{bare.map((one) => <li key={one.key}><Link to="/destinations/$slug/subscriptions/new" params={{ slug }} search={{ action: one.key }}><bdi>{one.name}</bdi></Link><span className="dim"><DescriptionOf field={one} /></span></li>)}</ul>
          </Card>
        ) : null}
        {presets.length + bare.length === 0 ? <Empty icon={<IconSearch size={28} stroke={1.4} />} title={t.noBeginning} text={t.noBeginningText} /> : null}
      </div>
    </Page>
  );
}
