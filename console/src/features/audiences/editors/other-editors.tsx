// The other kinds of conditions, a line each: identifiers, audiences, lists, consents, shares, the first of several audiences.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { channelsQuery } from "../../profiles/queries.ts";
import type { Leaf } from "../model/draft.ts";
import { audienceNamesQuery, listsQuery } from "../queries.ts";
import type { LeafEditorProps } from "./event-editor.tsx";
import { Picker, type PickerGroup } from "./picker.tsx";
import { WordNumber, WordSelect, WordText } from "./words.tsx";

const t = texts.audiences;

const textOf = (leaf: Leaf, name: string): string => (typeof leaf[name] === "string" ? leaf[name] : "");

export function IsOrNot({ isNot, onNot, words }: Pick<LeafEditorProps, "isNot" | "onNot"> & { readonly words: { readonly is: string; readonly not: string } }): ReactNode {
  return <WordSelect label={t.not.label} value={isNot ? "not" : "is"} options={[{ value: "is", label: words.is }, { value: "not", label: words.not }]} onChange={(value) => onNot(value === "not")} />;
}

/** Written only where the row is turned around, and no word of its own says so. */
function NotWord({ isNot, onNot }: Pick<LeafEditorProps, "isNot" | "onNot">): ReactNode {
  return isNot ? <IsOrNot isNot onNot={onNot} words={t.not} /> : null;
}

export function IdentifierEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const { data: settings } = useQuery(channelsQuery);
  const names = settings?.identity.namespaces.map(({ name }) => name);
  const groups = names && [{ title: t.identifier.kinds, options: names.map((value) => ({ value, label: value })) }];
  const { namespace, ...rest } = leaf;
  const choose = (is: string): void => onChange(is === "anonymous" ? { ...rest, is } : { ...rest, namespace: namespace ?? "email", is });
  const is = textOf(leaf, "is") || "known";
  return (
    <div className="words">
      <NotWord isNot={isNot} onNot={onNot} />
      <WordSelect label={t.identifier.is} value={is} options={(["known", "unknown", "anonymous"] as const).map((value) => ({ value, label: t.identifier[value] }))} onChange={choose} />
      {is === "anonymous" ? null : <Picker label={t.identifier.which} placeholder={t.identifier.search} groups={groups} onPick={(next) => onChange({ ...leaf, namespace: next })} other={t.identifier.use}><bdi className="cut">{textOf(leaf, "namespace") || t.value.choose}</bdi></Picker>}
    </div>
  );
}

export function useAudienceGroups(): readonly PickerGroup[] | undefined {
  const { data } = useQuery(audienceNamesQuery);
  return data && [{ title: t.add.audiences, options: data.data.map(({ slug, name, size }) => ({ value: slug, label: name, count: size })) }];
}

function AudiencePicker({ slug, onPick, children, variant = "word" }: { readonly slug?: string; readonly onPick: (slug: string) => void; readonly children?: ReactNode; readonly variant?: "word" | "add" }): ReactNode {
  const groups = useAudienceGroups();
  const name = groups?.[0]?.options.find(({ value }) => value === slug)?.label ?? slug ?? "";
  return <Picker label={t.audience.which} placeholder={t.audience.search} groups={groups} variant={variant} isPlaceholder={variant === "word" && name === ""} onPick={onPick}>{children ?? <bdi className="cut">{name || t.audience.choose}</bdi>}</Picker>;
}

export function AudienceEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  return <div className="words"><IsOrNot isNot={isNot} onNot={onNot} words={t.audience} /><AudiencePicker slug={textOf(leaf, "audience")} onPick={(audience) => onChange({ ...leaf, audience })} /></div>;
}

export function ListEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const { data } = useQuery(listsQuery);
  const slug = textOf(leaf, "list");
  const groups = data && [{ title: t.lists.title, options: data.data.map((one) => ({ value: one.slug, label: one.name, count: one.size })) }];
  return (
    <div className="words">
      <IsOrNot isNot={isNot} onNot={onNot} words={t.list} />
      <Picker label={t.list.which} placeholder={t.list.search} groups={groups} isPlaceholder={slug === ""} onPick={(list) => onChange({ ...leaf, list })}><bdi className="cut">{groups?.[0]?.options.find(({ value }) => value === slug)?.label ?? (slug || t.list.choose)}</bdi></Picker>
    </div>
  );
}

export function ConsentEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const { data: settings } = useQuery(channelsQuery);
  const known = [...new Set(settings?.service.channels.map(({ consent }) => consent) ?? [])];
  const category = textOf(leaf, "category");
  return (
    <div className="words">
      <NotWord isNot={isNot} onNot={onNot} />
      <WordSelect label={t.consent.is} value={textOf(leaf, "is") || "granted"} options={(["granted", "denied", "unknown"] as const).map((value) => ({ value, label: t.consent[value] }))} onChange={(is) => onChange({ ...leaf, is })} />
      <Picker label={t.consent.which} placeholder={t.consent.search} groups={[{ title: t.consent.categories, options: known.map((value) => ({ value, label: value })) }]} isPlaceholder={category === ""} onPick={(next) => onChange({ ...leaf, category: next })} other={t.value.use}><bdi className="cut">{category || t.value.choose}</bdi></Picker>
    </div>
  );
}

export function ShareEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const number = (name: string): number | undefined => (typeof leaf[name] === "number" ? leaf[name] : undefined);
  return (
    <div className="words">
      <IsOrNot isNot={isNot} onNot={onNot} words={t.share} />
      <WordNumber label={t.share.from} value={number("from") ?? 0} onChange={(from) => onChange({ ...leaf, from: from ?? 0 }, "from")} /><span>{t.share.until}</span>
      <WordNumber label={t.share.to} value={number("to")} onChange={(to) => onChange({ ...leaf, to }, "to")} /><span>{t.share.percent}</span>
      <WordText label={t.share.salt} value={textOf(leaf, "salt")} placeholder={t.share.saltExample} onChange={(salt) => onChange({ ...leaf, salt }, "salt")} />
      <span className="dim">{t.share.note}</span>
    </div>
  );
}

export function FirstOfEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const audiences = Array.isArray(leaf["audiences"]) ? leaf["audiences"].map(String) : [];
  const groups = useAudienceGroups();
  const nameOf = (slug: string): string => groups?.[0]?.options.find(({ value }) => value === slug)?.label ?? slug;
  const set = (next: readonly string[]): void => onChange({ ...leaf, audiences: next, is: next.includes(textOf(leaf, "is")) ? textOf(leaf, "is") : (next.at(-1) ?? "") });
  return (
    <div className="words">
      <NotWord isNot={isNot} onNot={onNot} />
      <span>{t.firstOf.isIn}</span>
      <WordSelect label={t.firstOf.is} value={textOf(leaf, "is")} options={audiences.map((value) => ({ value, label: nameOf(value) }))} onChange={(is) => onChange({ ...leaf, is })} />
      <span>{t.firstOf.order}</span>
      {audiences.map((slug, index) => (
        <span key={slug} className="word-chip">
          <bdi className="cut">{index + 1}. {nameOf(slug)}</bdi>
          {index > 0 ? <button type="button" aria-label={t.firstOf.earlier(nameOf(slug))} onClick={() => set(audiences.with(index, audiences[index - 1] ?? slug).with(index - 1, slug))}>←</button> : null}
          <button type="button" aria-label={t.filters.remove(nameOf(slug))} onClick={() => set(audiences.toSpliced(index, 1))}>×</button>
        </span>
      ))}
      <AudiencePicker variant="add" onPick={(slug) => set([...new Set([...audiences, slug])])}>{t.firstOf.add}</AudiencePicker>
    </div>
  );
}
