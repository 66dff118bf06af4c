// The first step: what the destination is called here, what it asks for, and whether that works. Saving makes it, switched off.
import { Button, TextInput } from "@mantine/core";
import { IconArrowRight, IconPlugConnected } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { CatalogDetail, DestinationDetail, DestinationTest } from "@tributary/schema/api/destinations.ts";
import { change } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { useUnsaved } from "../../../ui/unsaved.ts";
import { Tested } from "../connection-test.tsx";
import { OAuthConnect } from "../oauth-connect.tsx";
import { destinationPath } from "../queries.ts";
import { SettingsFields } from "./settings-fields.tsx";
import { useSettingsForm } from "./use-settings-form.ts";

const t = texts.setUp;

interface ConnectStepProps {
  readonly kind: CatalogDetail;
  readonly destination: DestinationDetail | undefined;
  readonly onMade: (slug: string) => void;
  readonly onNext: (slug: string) => void;
}

export function ConnectStep({ kind, destination, onMade, onNext }: ConnectStepProps): ReactNode {
  const form = useSettingsForm(kind, destination);
  const [tested, setTested] = useState<string>();
  const test = useMutation({ mutationFn: (slug: string) => change<DestinationTest>("POST", `${destinationPath(slug)}/test`) });
  useUnsaved(form.hasChanged);
  const { canTest, authentication } = kind.definition;
  // Permission is given for a destination that is there; until then there is nothing to test.
  const isTestedAtOnce = canTest && (authentication !== "oauth2" || destination !== undefined);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const isNew = destination === undefined;
    const saved = isNew || form.hasChanged ? await form.save() : destination;
    if (saved === undefined) return;
    if (isNew) onMade(saved.slug);
    if (!isTestedAtOnce) {
      if (authentication !== "oauth2") onNext(saved.slug);
      return;
    }
    setTested(saved.slug);
    test.mutate(saved.slug);
  };
  const isSaved = destination !== undefined && !form.hasChanged;
  const action = isTestedAtOnce ? (isSaved ? texts.deliveries.test : t.saveAndTest) : authentication === "oauth2" ? t.save : t.saveAndGoOn;
  const isGood = test.data?.ok === true && !form.hasChanged;
  return (
    <div className="stack-wide">
      <Card title={t.connection}>
        <form className="stack roomy" noValidate onSubmit={(event) => void submit(event)}>
          <TextInput label={t.name} description={t.nameHint} maxLength={200} withAsterisk aria-required value={form.name} error={form.name.trim() === "" ? t.nameNeeded : undefined} onChange={(event) => form.setName(event.currentTarget.value)} />
          <SettingsFields form={form} />
          {destination ? null : <p className="dim">{authentication === "oauth2" ? t.keptOffUnauthorized : canTest ? t.keptOff : t.keptOffUntested}</p>}
          <div className="row wrap">
            <Button type="submit" variant={isGood ? "default" : "filled"} leftSection={isTestedAtOnce ? <IconPlugConnected size={15} aria-hidden /> : undefined} loading={form.isSaving || test.isPending} disabled={form.name.trim() === "" || (isSaved && !isTestedAtOnce && authentication === "oauth2")}>{action}</Button>
            {isSaved && (canTest || authentication === "oauth2") ? <Button variant={isGood ? "filled" : "default"} rightSection={<IconArrowRight size={15} aria-hidden />} onClick={() => onNext(destination.slug)}>{test.data && !test.data.ok ? t.goOnAnyway : t.next.choose}</Button> : null}
          </div>
        </form>
      </Card>
      {authentication === "oauth2" && destination ? <OAuthConnect destination={destination} /> : null}
      {test.error ? <ProblemNotice problem={test.error} onRetry={() => tested !== undefined && test.mutate(tested)} /> : null}
      {test.data ? <Card title={t.whatWasAsked}><Tested test={test.data} /></Card> : null}
    </div>
  );
}
