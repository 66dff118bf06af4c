// Something that can be sent, to be chosen: in a sentence, and once it is chosen, with what is left to say of it.
import { Checkbox, MultiSelect, NativeSelect, Select, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import { texts } from "../../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { State } from "../../../ui/state.tsx";
import { audienceNamesQuery } from "../../audiences/queries.ts";
import { observedEventsQuery } from "../../schema/queries.ts";
import { FieldList } from "./field-list.tsx";
import { formFields, problemsAt } from "./form-fields.ts";
import { callTypes, choiceOf, choiceProblems, onOf, openFields, type Choice, type Offer, type Takes } from "./offers.ts";
import { suggestionsQuery } from "./queries.ts";

const t = texts.setUp.choose;
const directions = ["both", "entered", "exited"] as const;

export interface OfferCardProps {
  readonly offer: Offer;
  readonly definition: DestinationDefinition;
  /** Its slug. */
  readonly destination: string;
  /** Undefined: not chosen. */
  readonly choice: Choice | undefined;
  readonly showsProblems: boolean;
  /** Why it could not be made. */
  readonly failure: Error | undefined;
  readonly onChange: (choice: Choice | undefined) => void;
}

export function OfferCard(props: OfferCardProps): ReactNode {
  const { offer, choice, failure, onChange } = props;
  const [action] = offer.actions;
  const name = offer.group === "audience" ? t.audience : offer.name;
  const does = offer.group === "actions" ? action?.description : offer.group === "audience" ? t.audienceText : action?.name === offer.name ? action.description : action?.name;
  return (
    <li className="card offer" data-chosen={choice !== undefined}>
      <Checkbox
        checked={choice !== undefined} label={<strong><bdi>{name}</bdi></strong>}
        onChange={(event) => onChange(event.currentTarget.checked ? { ...choiceOf(offer), name: offer.name } : undefined)}
        description={<>{offer.group === "audience" ? null : <span className="offer-takes">{takesText(offer)}</span>}{does ? <span>{does}</span> : null}</>}
      />
      {choice ? <Chosen {...props} choice={choice} /> : null}
      {failure ? <ProblemNotice problem={failure} /> : null}
    </li>
  );
}

function takesText({ kind, takes, on }: Offer): string {
  if (kind === "audience") return t.audienceOn[on];
  return takes ? t.takes(takes.types.map((type) => t.types[type]), takes.names) : t.takesUnsaid;
}

function Chosen({ offer, definition, destination, choice, showsProblems, onChange }: OfferCardProps & { readonly choice: Choice }): ReactNode {
  const suggestions = useQuery(suggestionsQuery(destination, choice.action));
  const action = offer.actions.find(({ key }) => key === choice.action);
  const presetKey = offer.preset?.key;
  const suggested = useMemo((): Mapping | undefined => {
    const preset = suggestions.data?.presets.find(({ key }) => key === presetKey);
    return suggestions.data && ((preset?.mapping ?? suggestions.data.mapping) as Mapping);
  }, [suggestions.data, presetKey]);
  const change = (part: Partial<Choice>): void => onChange({ ...choice, ...part });
  if (suggestions.error) return <ProblemNotice problem={suggestions.error} onRetry={() => void suggestions.refetch()} />;
  if (!suggested || !action) return <div className="stack offer-body" aria-busy><Bar width={60} /><Bar width={40} /></div>;
  const problems = showsProblems ? choiceProblems(definition, offer, choice, suggested) : [];
  const open = formFields(openFields(action, suggested, choice.syncMode), choice.values).map((one) => ({ ...one, isRequired: true, isSecret: false }));
  const list = offer.kind === "audience" ? formFields(definition.audience?.settings ?? [], choice.settings) : [];
  return (
    <div className="stack roomy offer-body">
      <TextInput label={texts.setUp.name} maxLength={200} withAsterisk aria-required value={choice.name} error={showsProblems && choice.name.trim() === "" ? texts.setUp.nameNeeded : undefined} onChange={(event) => change({ name: event.currentTarget.value })} />
      {offer.actions.length > 1 ? (
        <NativeSelect
          label={t.action} description={action.description} value={choice.action} data={offer.actions.map(({ key, name }) => ({ value: key, label: name }))}
          onChange={({ currentTarget: { value } }) => {
            const next = offer.actions.find(({ key }) => key === value);
            if (next) change({ action: value, values: {}, on: onOf(next), syncMode: next.syncModes?.default });
          }}
        />
      ) : null}
      {offer.kind === "events" ? <TakesFields takes={choice.takes} onChange={(takes) => change({ takes })} /> : <AudienceField choice={choice} suggestedName={offer.name} showsProblems={showsProblems} onChange={change} />}
      {offer.group === "audience" ? (
        <NativeSelect
          label={t.on} value={choice.on} data={directions.map((value) => ({ value, label: t.audienceOn[value] }))}
          onChange={({ currentTarget: { value } }) => change({ on: directions.find((one) => one === value) ?? "both" })}
        />
      ) : null}
      {action.syncModes && action.syncModes.choices.length > 1 ? (
        <NativeSelect
          label={t.syncMode} value={choice.syncMode} data={action.syncModes.choices.map((value) => ({ value, label: t.syncModes[value] }))}
          onChange={({ currentTarget: { value } }) => change({ syncMode: action.syncModes?.choices.find((one) => one === value) })}
        />
      ) : null}
      <FieldList
        fields={list} draft={choice.settings} problems={problemsAt(problems.flatMap(({ field, problem }) => (field.startsWith("settings.") ? [{ field: field.slice("settings.".length), problem }] : [])), list).at}
        onChange={(key, value) => change({ settings: { ...choice.settings, [key]: value } })}
      />
      {open.length > 0 ? <p className="dim">{t.open}</p> : null}
      <FieldList
        fields={open} draft={choice.values} problems={problemsAt(problems, open).at} offering={{ destination, action: action.key, payload: choice.values }}
        onChange={(key, value) => change({ values: { ...choice.values, [key]: value } })}
      />
    </div>
  );
}

function TakesFields({ takes: { types, names }, onChange }: { readonly takes: Takes; readonly onChange: (takes: Takes) => void }): ReactNode {
  const { data: observed } = useQuery(observedEventsQuery);
  const known = [...new Set(observed?.data.flatMap(({ type, event }) => (type === "track" && event !== "" ? [event] : [])))];
  const takesNames = types.length === 0 || types.some((type) => type === "track" || type === "page" || type === "screen");
  return (
    <div className="offer-takes-fields">
      <MultiSelect
        label={t.typesLabel} placeholder={types.length === 0 ? t.any : ""} value={[...types]} data={callTypes.map((value) => ({ value, label: t.types[value] }))} hidePickedOptions
        onChange={(next) => onChange({ types: callTypes.filter((type) => next.includes(type)), names })}
      />
      <TagsInput
        label={t.namesLabel} placeholder={names.length === 0 ? t.any : ""} value={[...names]} data={known} limit={50} splitChars={[]} acceptValueOnBlur disabled={!takesNames}
        onChange={(next) => onChange({ types, names: next.slice(0, 200) })}
      />
      {types.length === 0 && names.length === 0 ? <State tone="attention">{t.everyEvent}</State> : null}
    </div>
  );
}

function AudienceField({ choice, suggestedName, showsProblems, onChange }: { readonly choice: Choice; readonly suggestedName: string; readonly showsProblems: boolean; readonly onChange: (part: Partial<Choice>) => void }): ReactNode {
  const audiences = useQuery(audienceNamesQuery);
  if (audiences.error) return <ProblemNotice problem={audiences.error} onRetry={() => void audiences.refetch()} />;
  if (audiences.data?.data.length === 0) return <p>{t.noAudience} <Link to="/audiences/new">{t.newAudience}</Link></p>;
  return (
    <Select
      label={t.whichAudience} searchable withAsterisk aria-required value={choice.audience === "" ? null : choice.audience} placeholder={texts.setUp.fields.choose} nothingFoundMessage={texts.palette.nothing}
      error={showsProblems && choice.audience === "" ? t.audienceNeeded : undefined} data={(audiences.data?.data ?? []).map(({ slug, name, size }) => ({ value: slug, label: t.audienceWithSize(name, size) }))}
      onChange={(slug) => {
        const nameOf = (one: string): string | undefined => audiences.data?.data.find((audience) => audience.slug === one)?.name;
        // A name that nobody typed follows the audience.
        const isOurs = choice.name === suggestedName || choice.name === nameOf(choice.audience);
        onChange({ audience: slug ?? "", ...(isOurs ? { name: nameOf(slug ?? "") ?? suggestedName } : {}) });
      }}
    />
  );
}
