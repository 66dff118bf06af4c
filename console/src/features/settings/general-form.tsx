// The workspace's name, and the time zone in which its days begin.
import { Button, Select, TextInput, type ComboboxItem, type ComboboxParsedItem } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type FormEvent, type ReactNode } from "react";
import type { WorkspaceAnswer } from "@tributary/schema/api/workspace.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { useNow } from "../../ui/figure.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { isZoneFound, ownZone, timeInZone, zoneName, zonesToChoose } from "../../ui/zones.ts";
import { sessionQuery } from "../accounts/session.ts";
import { workspaceQuery } from "./queries.ts";

const t = texts.workspace;

export function GeneralForm({ workspace, mayChange }: { readonly workspace: WorkspaceAnswer; readonly mayChange: boolean }): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState(workspace.name);
  const [zone, setZone] = useState(workspace.time_zone);
  const hasName = name.trim() !== workspace.name;
  const hasZone = zone !== workspace.time_zone;
  const save = useMutation({
    mutationFn: () => change<{ readonly time_zone: string }>("PATCH", `/workspaces/${workspace.slug}`, { ...(hasName ? { name: name.trim() } : {}), ...(hasZone ? { time_zone: zone } : {}) }),
    onSuccess: async ({ time_zone }) => {
      // It is kept by the listed name of the zone, which may be another one than this browser's.
      setZone(time_zone);
      // With the zone, what audiences hold changes too.
      await (hasZone ? client.invalidateQueries() : Promise.all([client.invalidateQueries({ queryKey: workspaceQuery.queryKey }), client.invalidateQueries({ queryKey: sessionQuery.queryKey })]));
      toast({ text: hasZone ? t.zoneSaved(zoneName(time_zone)) : t.nameSaved });
    },
  });
  const discard = (): void => {
    setName(workspace.name);
    setZone(workspace.time_zone);
    save.reset();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="stack-wide" onSubmit={submit}>
      <TextInput label={t.name} required withAsterisk={false} maxLength={200} disabled={!mayChange} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <ZoneSelect value={zone} inForce={workspace.time_zone} disabled={!mayChange} onChange={setZone} />
      {hasZone ? <div className="notice" data-tone="attention" role="status">{t.zoneWarning}</div> : null}
      {save.error ? <ProblemNotice problem={save.error} /> : null}
      {mayChange && (hasName || hasZone) ? (
        <div className="row"><Button type="submit" loading={save.isPending} disabled={name.trim() === ""}>{texts.settings.save}</Button><Button variant="default" onClick={discard}>{texts.settings.discard}</Button></div>
      ) : null}
    </form>
  );
}

interface ZoneSelectProps {
  readonly value: string;
  /** Which stands now: it is among the choices, whatever this browser knows. */
  readonly inForce: string;
  readonly disabled: boolean;
  readonly onChange: (zone: string) => void;
}

function ZoneSelect({ value, inForce, disabled, onChange }: ZoneSelectProps): ReactNode {
  const [openedMs, setOpenedMs] = useState(() => Date.now());
  const data = useMemo(() => {
    const own = ownZone();
    const item = (zone: string): ComboboxItem => ({ value: zone, label: zoneName(zone) });
    return [{ group: t.zoneHere, items: [item(own)] }, { group: t.zoneAll, items: zonesToChoose([inForce]).filter((zone) => zone !== own).map(item) }];
  }, [inForce]);
  return (
    <div className="stack">
      <Select
        label={t.zone} description={t.zoneHint} searchable allowDeselect={false} disabled={disabled} value={value} data={data} maxDropdownHeight={320} nothingFoundMessage={t.zoneNotFound}
        onDropdownOpen={() => setOpenedMs(Date.now())} onChange={(zone) => zone !== null && onChange(zone)} filter={({ options, search }) => foundIn(options, search)}
        renderOption={({ option, checked }) => <span className="row zone-option" data-checked={checked || undefined}><span className="grow cut">{option.label}</span><span className="dim figure">{timeInZone(option.value, openedMs)}</span></span>}
      />
      <TimeThere zone={value} />
    </div>
  );
}

/** Goes on by itself; the choices tell what it was when they were opened. */
function TimeThere({ zone }: { readonly zone: string }): ReactNode {
  const time = timeInZone(zone, useNow());
  return time === "" ? null : <p className="dim">{t.zoneTime(time)}</p>;
}

function foundIn(options: readonly ComboboxParsedItem[], search: string): ComboboxParsedItem[] {
  return options.flatMap((option): ComboboxParsedItem[] => {
    if (!("group" in option)) return isZoneFound(option.value, search) ? [option] : [];
    const items = option.items.filter((item) => isZoneFound(String(item.value), search));
    return items.length === 0 ? [] : [{ ...option, items }];
  });
}
