// Fields in words: what they come as, how often, and what changed.
import { IconArrowDownRight, IconArrowUpRight, IconCircleOff, IconReplace, IconSparkles } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { FieldChange, Drift, ObservedField } from "@tributary/schema/api/observed.ts";
import { locale, texts } from "../../texts/texts.ts";
import { State, type Tone } from "../../ui/state.tsx";

const t = texts.schema;
const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat(locale, { style: "percent", maximumSignificantDigits: 2 });

/** Never 0 % of what is there, nor 100 % of what is not all. */
export function shareText(share: number): string {
  if (share > 0 && share < 0.01) return `<${percent.format(0.01)}`;
  if (share > 0.99 && share < 1) return `>${percent.format(0.99)}`;
  return percent.format(share);
}

/** `number`, or `number 97 %, text 3 %`. */
export function typesText({ types }: Pick<ObservedField, "types">): string {
  const all = types.reduce((sum, { count }) => sum + count, 0);
  if (types.length === 1) return types[0] ? t.types[types[0].type] : "";
  return types.map(({ type, count }) => `${t.types[type]} ${shareText(count / Math.max(1, all))}`).join(", ");
}

export function driftText(drift: Drift): string {
  switch (drift.kind) {
    case "new": return t.drift.new(drift.days);
    case "stopped": return t.drift.stopped(drift.days);
    case "type": return t.drift.type(t.types[drift.was], t.types[drift.now], precise.format(drift.share));
    case "fell": return t.drift.fell(shareText(drift.from), shareText(drift.to));
    case "rose": return t.drift.rose(shareText(drift.from), shareText(drift.to));
  }
}

const driftIcons = { new: IconSparkles, stopped: IconCircleOff, type: IconReplace, fell: IconArrowDownRight, rose: IconArrowUpRight } as const;

export function DriftMark({ drift }: { readonly drift: Drift }): ReactNode {
  const Icon = driftIcons[drift.kind];
  const tone = drift.kind === "new" || drift.kind === "rose" ? "waiting" : "attention";
  const text = driftText(drift);
  return <span className="state" data-tone={tone} title={text}><Icon size={15} aria-hidden /><span className="cut">{text}</span></span>;
}

/** A list of objects holds fields, and no value of its own. */
export function isGroup({ types }: Pick<ObservedField, "types">): boolean {
  return types.length === 1 && types[0]?.type === "objects";
}

export function Standing({ field }: { readonly field: ObservedField }): ReactNode {
  if (isGroup(field)) return <span className="dim">–</span>;
  if (field.personal === true) return <State tone="attention">{t.personal.yes}</State>;
  if (field.personal === false) return <State tone="good">{t.personal.no}</State>;
  const proposed = field.proposal.personal;
  const tone: Tone = proposed === null ? "plain" : "waiting";
  return <State tone={tone}>{proposed === null ? t.proposed.none : proposed ? t.proposed.yes : t.proposed.no}</State>;
}

/** What it takes to decide a field, and to take that back. */
export function decisionOf(field: ObservedField, personal: boolean | null): FieldChange {
  const { place, event, path } = field;
  const kind = field.kind === null && personal !== null && field.proposal.kind !== null ? { kind: field.proposal.kind } : {};
  return { place, event, path, personal, ...kind };
}

export function undoOf(field: ObservedField): FieldChange {
  const { place, event, path } = field;
  return { place, event, path, personal: field.decided_by === "workspace" ? field.personal : null, kind: field.kind };
}
