// What a source is and what can be set about it, each changed where it stands.
import { NativeSelect, NumberInput, PasswordInput, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { EditInPlace } from "../../ui/edit-in-place.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Bar } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { originProblems, originsOf } from "./origins.ts";
import { OriginsField } from "./origins-field.tsx";
import { latestEventQuery } from "./queries.ts";
import { useSourceChange } from "./source-changes.ts";

const t = texts.sources.facts;
const RATE_MAX = 1_000_000;
const SECRET_LENGTH_MIN = 16;

interface Part {
  readonly source: SourceAnswer;
  readonly mayChange: boolean;
}

export function SourceSettings(part: Part): ReactNode {
  const { source } = part;
  const latest = useQuery(latestEventQuery(source.id));
  const [event] = latest.data?.data ?? [];
  return (
    <Card title={t.title}>
      <dl className="facts">
        <dt>{t.kind}</dt><dd>{texts.sources.kinds[source.kind]}</dd>
        <dt>{t.lastEvent}</dt><dd>{latest.isPending ? <Bar width={30} /> : event ? <When at={event.received_at} /> : <span className="dim">{texts.home.lastEventNever}</span>}</dd>
        <dt>{t.origins}</dt><dd><Origins {...part} /></dd>
        <dt>{t.rate}</dt><dd><Rate {...part} /></dd>
        <dt>{t.ip}</dt><dd><Address {...part} /></dd>
        <dt>{t.nulls}</dt><dd><Nulls {...part} /></dd>
        <dt>{t.rank}</dt><dd><Rank {...part} /></dd>
        <dt>{t.secret}</dt><dd><Secret {...part} /></dd>
        <dt>{t.slug}</dt><dd className="row"><span className="mono">{source.slug}</span><CopyIcon value={source.slug} /></dd>
        <dt>{t.created}</dt><dd><When at={source.created_at} /></dd>
      </dl>
    </Card>
  );
}

function Origins({ source, mayChange }: Part): ReactNode {
  const [text, setText] = useState("");
  const changing = useSourceChange(source);
  const before = source.allowed_origins;
  const shown = before.length === 0 ? t.anyOrigin : <ul className="plain-list">{before.map((origin) => <li key={origin}><bdi>{origin}</bdi></li>)}</ul>;
  return (
    <EditInPlace
      label={t.origins} isEditable={mayChange} shown={shown} begin={() => setText(before.join("\n"))} isValid={originProblems(originsOf(text)).length === 0}
      field={<OriginsField value={text} onChange={setText} isFocused />}
      onSave={() => changing.mutate({ patch: { allowed_origins: originsOf(text) }, undo: { allowed_origins: [...before] }, said: t.originsChanged })}
    />
  );
}

function Rate({ source, mayChange }: Part): ReactNode {
  const [rate, setRate] = useState<number | null>(null);
  const changing = useSourceChange(source);
  const before = source.events_per_second;
  return (
    <EditInPlace
      label={t.rate} isEditable={mayChange} begin={() => setRate(before)} isValid={rate === null || (Number.isInteger(rate) && rate >= 1 && rate <= RATE_MAX)}
      shown={before === null ? t.noRate : <><Figure value={before} /> {t.perSecond}</>}
      field={(
        <NumberInput
          label={t.rate} description={t.rateHint} value={rate ?? ""} min={1} max={RATE_MAX} clampBehavior="none" allowDecimal={false} allowNegative={false} hideControls autoFocus
          onChange={(value) => setRate(typeof value === "number" ? value : null)}
        />
      )}
      onSave={() => changing.mutate({ patch: { events_per_second: rate }, undo: { events_per_second: before }, said: t.rateChanged })}
    />
  );
}

function Address({ source, mayChange }: Part): ReactNode {
  const changing = useSourceChange(source);
  const { ip } = source.settings;
  if (!mayChange) return t.ips[ip];
  return (
    <NativeSelect
      size="xs" aria-label={t.ip} value={ip} data={(["keep", "truncate", "drop"] as const).map((value) => ({ value, label: t.ips[value] }))}
      onChange={({ currentTarget: { value } }) => {
        if (value === "keep" || value === "truncate" || value === "drop") changing.mutate({ patch: { settings: { ip: value } }, undo: { settings: { ip } }, said: t.ipChanged[value] });
      }}
    />
  );
}

function Nulls({ source, mayChange }: Part): ReactNode {
  const changing = useSourceChange(source);
  const { nullErases } = source.settings;
  return (
    <Switch
      size="xs" checked={nullErases} disabled={!mayChange} label={nullErases ? t.nullsErase : t.nullsKeep} aria-label={t.nulls}
      onChange={() => changing.mutate({ patch: { settings: { nullErases: !nullErases } }, undo: { settings: { nullErases } }, said: t.nullsChanged(!nullErases) })}
    />
  );
}

function Rank({ source, mayChange }: Part): ReactNode {
  const [rank, setRank] = useState<number | null>(null);
  const changing = useSourceChange(source);
  const before = source.settings.traitRank ?? null;
  return (
    <EditInPlace
      label={t.rank} isEditable={mayChange} begin={() => setRank(before)} isValid={rank === null || Number.isSafeInteger(rank)} shown={before === null ? t.noRank : before}
      field={<NumberInput label={t.rank} description={t.rankHint} value={rank ?? ""} allowDecimal={false} hideControls autoFocus onChange={(value) => setRank(typeof value === "number" ? value : null)} />}
      onSave={() => changing.mutate({ patch: { settings: { traitRank: rank } }, undo: { settings: { traitRank: before } }, said: t.rankChanged })}
    />
  );
}

/** It is never shown, so taking it away or replacing it can't be undone here. */
function Secret({ source, mayChange }: Part): ReactNode {
  const [secret, setSecret] = useState("");
  const changing = useSourceChange(source);
  const isSet = source.settings.hasIdentityTokenSecret;
  return (
    <EditInPlace
      label={t.secret} isEditable={mayChange} begin={() => setSecret("")} shown={isSet ? t.secretSet : t.secretNone}
      isValid={secret.length >= SECRET_LENGTH_MIN || (secret === "" && isSet)}
      field={<PasswordInput label={t.secret} description={isSet ? t.secretReplaceHint : t.secretHint} value={secret} maxLength={500} autoComplete="off" autoFocus onChange={(event) => setSecret(event.currentTarget.value)} />}
      onSave={() => changing.mutate({ patch: { settings: { identityTokenSecret: secret === "" ? null : secret } }, said: secret === "" ? t.secretRemoved : t.secretChanged })}
    />
  );
}
