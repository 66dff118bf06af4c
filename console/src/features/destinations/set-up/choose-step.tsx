// The second step: what to send, chosen from what the destination's makers suggest, what it can do, and audiences. Each that is chosen
// becomes a subscription with the suggested mapping.
import { Button } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useRef, useState, type ReactNode } from "react";
import type { CatalogDetail, DestinationDetail, SubscriptionDetail } from "@tributary/schema/api/destinations.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import { change } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { useUnsaved } from "../../../ui/unsaved.ts";
import { destinationPath, subscriptionsQuery } from "../queries.ts";
import { OfferCard } from "./offer-card.tsx";
import { choiceOf, choiceProblems, offersOf, subscriptionOf, type Choice, type Offer } from "./offers.ts";
import { suggestionsQuery } from "./queries.ts";

const t = texts.setUp.choose;

interface ChooseStepProps {
  readonly kind: CatalogDetail;
  readonly destination: DestinationDetail;
  readonly onNext: () => void;
}

type Chosen = ReadonlyMap<string, Choice>;
type Failures = ReadonlyMap<string, Error>;

export function ChooseStep({ kind: { definition }, destination, onNext }: ChooseStepProps): ReactNode {
  const client = useQueryClient();
  const { data: there } = useQuery(subscriptionsQuery(destination.slug));
  const offers = useMemo(() => offersOf(definition), [definition]);
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const [failures, setFailures] = useState<Failures>(new Map());
  const [hasTried, setHasTried] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  useUnsaved(chosen.size > 0);
  const set = (offer: Offer, choice: Choice | undefined): void => setChosen((now) => new Map([...now].filter(([key]) => key !== offer.key).concat(choice ? [[offer.key, choice]] : [])));

  const make = useMutation({
    mutationFn: async () => {
      const failed = new Map<string, Error>();
      for (const offer of offers) {
        const choice = chosen.get(offer.key);
        if (!choice) continue;
        try {
          const suggestions = await client.ensureQueryData(suggestionsQuery(destination.slug, choice.action));
          const suggested = (offer.preset ? suggestions.presets.find(({ key }) => key === offer.preset?.key)?.mapping : undefined) ?? suggestions.mapping;
          if (isOpen(offer, choice, suggested as Mapping)) throw new Open();
          // Nothing leaves before the destination is switched on; where it is on already, the last step asks first.
          const body = { name: choice.name.trim(), definition: subscriptionOf(offer, choice, suggested as Mapping), enabled: !destination.enabled };
          await change<SubscriptionDetail>("POST", `${destinationPath(destination.slug)}/subscriptions`, body);
          setChosen((now) => new Map([...now].filter(([key]) => key !== offer.key)));
        } catch (error) {
          failed.set(offer.key, error instanceof Error ? error : new Error(String(error)));
        }
      }
      return failed;
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["destinations"] }),
    onSuccess: (failed) => {
      setFailures(failed);
      setHasTried(failed.size > 0);
      if (failed.size > 0) requestAnimationFrame(() => list.current?.querySelector<HTMLElement>("[data-chosen=true] [aria-invalid=true]")?.focus());
      if (failed.size === 0) onNext();
    },
  });
  const isOpen = (offer: Offer, choice: Choice, suggested: Mapping): boolean =>
    choice.name.trim() === "" || (offer.kind === "audience" && choice.audience === "") || choiceProblems(definition, offer, choice, suggested).length > 0;
  const made = there?.data ?? [];
  const groups = (["suggested", "actions", "audience"] as const).map((group) => ({ group, inside: offers.filter((one) => one.group === group) })).filter(({ inside }) => inside.length > 0);
  return (
    <div className="stack-wide" ref={list}>
      {made.length === 0 ? null : <p>{t.made(made.length)} {made.slice(0, 5).map(({ name }) => texts.everywhere.quoted(name)).join(", ")}{made.length > 5 ? " …" : ""} <Link to="/destinations/new/$definition" params={{ definition: definition.slug }} search={{ step: "preview", destination: destination.slug }}>{t.look}</Link></p>}
      {groups.map(({ group, inside }) => (
        <section key={group} className="stack" aria-label={t.groups[group]}>
          <h2 className="offers-title">{t.groups[group]}</h2>
          {group === "actions" && groups.length > 1 ? null : <p className="dim">{t.groupTexts[group]}</p>}
          <ul className="offers">
            {inside.map((offer) => {
              const failure = failures.get(offer.key);
              return (
                <OfferCard
                  key={offer.key} offer={offer} definition={definition} destination={destination.slug} choice={chosen.get(offer.key)} showsProblems={hasTried}
                  onChange={(choice) => set(offer, choice)} failure={failure instanceof Open ? undefined : failure}
                />
              );
            })}
          </ul>
        </section>
      ))}
      {make.error ? <ProblemNotice problem={make.error} /> : null}
      <div className="row wrap setting-bar">
        {chosen.size > 0
          ? <Button rightSection={<IconArrowRight size={15} aria-hidden />} loading={make.isPending} onClick={() => make.mutate()}>{t.make(chosen.size)}</Button>
          : <Button rightSection={<IconArrowRight size={15} aria-hidden />} disabled={made.length === 0} onClick={onNext}>{texts.setUp.next.preview}</Button>}
        <span className="dim grow">{hasTried ? t.finish : chosen.size === 0 && made.length === 0 ? t.chooseOne : t.nothingLeaves}</span>
      </div>
    </div>
  );
}

/** Something of it is still to be filled in: said at its fields. */
class Open extends Error {}
