// The mapping: the action's fields and what fills them, with the way back to what is suggested.
import { Button, Menu } from "@mantine/core";
import { IconWand } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Action } from "@tributary/schema/destination/definition.ts";
import { isDirectiveObject, rootDirectiveKey } from "@tributary/schema/destination/mapping-directives.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import { texts } from "../../../texts/texts.ts";
import { Card } from "../../../ui/page.tsx";
import { toast } from "../../../ui/toast.tsx";
import { FieldRows } from "./field-rows.tsx";
import type { Problem } from "./model/fields.ts";
import type { SubscriptionDraft } from "./model/subscription-draft.ts";
import { suggestionsQuery } from "./queries.ts";
import type { Tried } from "./use-tried.ts";
import { useValuesState } from "./values/context.ts";

const t = texts.subscriptions;

export interface MappingCardProps {
  readonly slug: string;
  readonly action: Action | undefined;
  readonly draft: SubscriptionDraft;
  readonly problems: readonly Problem[];
  readonly tried: Tried;
  readonly onChange: (draft: SubscriptionDraft) => void;
}

export function MappingCard({ slug, action, draft, problems, tried, onChange }: MappingCardProps): ReactNode {
  const { isReadOnly } = useValuesState();
  const { mapping, syncMode } = draft.definition;
  const set = (next: Mapping): void => onChange({ ...draft, definition: { ...draft.definition, mapping: next } });
  const replace = (next: Mapping, text: string): void => {
    set(next);
    toast({ text, onUndo: () => onChange(draft) });
  };
  return (
    <Card title={t.mapping} actions={isReadOnly || action === undefined ? undefined : <Suggested slug={slug} action={action.key} mapping={mapping} onReplace={replace} />}>
      {Object.hasOwn(mapping, rootDirectiveKey) && isDirectiveObject(mapping[rootDirectiveKey]) ? <p className="notice" data-tone="attention">{t.rootDirective}</p> : null}
      {action === undefined ? <p className="dim">{t.actionGone}</p> : (
        <FieldRows fields={action.fields} values={mapping} syncMode={syncMode} problems={problems} made={tried.one?.payload} onChange={set} />
      )}
    </Card>
  );
}

function Suggested({ slug, action, mapping, onReplace }: { readonly slug: string; readonly action: string; readonly mapping: Mapping; readonly onReplace: (mapping: Mapping, text: string) => void }): ReactNode {
  const { data } = useQuery(suggestionsQuery(slug, action));
  const suggested = (data?.mapping ?? {}) as Mapping; // JSON, as definitions are.
  const empty = Object.keys(suggested).filter((key) => !Object.hasOwn(mapping, key));
  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target><Button variant="default" size="compact-sm" leftSection={<IconWand size={14} />} disabled={!data}>{t.suggested}</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={empty.length === 0} onClick={() => onReplace({ ...mapping, ...Object.fromEntries(empty.map((key) => [key, suggested[key] ?? null])) }, t.filled(empty.length))}>{t.fillEmpty(empty.length)}</Menu.Item>
        <Menu.Item onClick={() => onReplace(suggested, t.replaced)}>{t.replaceAll}</Menu.Item>
        {data && data.presets.length > 0 ? <><Menu.Divider /><Menu.Label>{t.presets}</Menu.Label>{data.presets.map((one) => <Menu.Item key={one.key} onClick={() => onReplace(one.mapping as Mapping, t.replacedBy(one.name))}><bdi>{one.name}</bdi></Menu.Item>)}</> : null}
      </Menu.Dropdown>
    </Menu>
  );
}
