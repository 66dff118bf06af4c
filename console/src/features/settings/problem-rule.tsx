// One rule of what counts as an open problem: its meaning in a sentence, and its fields.
import { Button, NumberInput, SegmentedControl, TagsInput, Textarea, TextInput } from "@mantine/core";
import { IconAlertCircle, IconChevronDown, IconChevronRight, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { ProblemRule } from "@tributary/schema/service-settings.ts";
import { texts } from "../../texts/texts.ts";
import { valueText } from "../../ui/format.ts";
import { State } from "../../ui/state.tsx";
import { Told } from "../../ui/told.tsx";
import { dueKindOf, EVENTS_MAX, FACTS_MAX, neverSeen, ruleSentence, withDue, wrongInRule, type DueKind } from "./problems-draft.ts";

const t = texts.problemRules;
const UNSEEN_SHOWN = 6;

export interface RuleProps {
  readonly rule: ProblemRule;
  readonly saved: ProblemRule | undefined;
  readonly isChanged: boolean;
  readonly isOpen: boolean;
  readonly mayChange: boolean;
  /** Names of events that have come; undefined while that is not known. */
  readonly seen: ReadonlySet<string> | undefined;
  readonly onTurn: () => void;
  readonly onChange: (rule: ProblemRule) => void;
  readonly onRemove: () => void;
}

export function Rule(props: RuleProps): ReactNode {
  const { rule, saved, isChanged, isOpen, seen, onTurn } = props;
  const isIncomplete = Object.keys(wrongInRule(rule)).length > 0;
  const unseen = seen === undefined ? [] : neverSeen(rule, seen);
  const mark = saved === undefined ? t.isNew : isChanged ? t.changed : undefined;
  return (
    <li>
      <button type="button" className="problem-rule" aria-expanded={isOpen} onClick={onTurn}>
        {isOpen ? <IconChevronDown size={15} aria-hidden /> : <IconChevronRight size={15} aria-hidden />}
        <span className="grow">
          <span className="row wrap"><strong><bdi>{valueText(rule.title, 120)}</bdi></strong>{mark ? <span className="setting-mark">{mark}</span> : null}{isIncomplete ? <State tone="attention">{t.incomplete}</State> : null}</span>
          <span className="dim problem-sentence"><Told text={ruleSentence(rule)} /></span>
        </span>
      </button>
      {isOpen ? (
        <div className="problem-fields">
          {unseen.length > 0 ? (
            <div className="wide row problem-unseen"><IconAlertCircle size={15} aria-hidden /><span><Told text={t.unseen(t.any(unseen.slice(0, UNSEEN_SHOWN).map((name) => `\`${name.slice(0, 80)}\``)))} /></span></div>
          ) : null}
          <Fields {...props} />
        </div>
      ) : null}
    </li>
  );
}

function Fields({ rule, mayChange, seen, onChange, onRemove }: RuleProps): ReactNode {
  const wrong = wrongInRule(rule);
  const set = (change: Partial<ProblemRule>): void => onChange({ ...rule, ...change });
  const hint = t.sayHint(rule.facts[0]?.slice(0, 60) ?? "order_id");
  const events = { data: [...(seen ?? [])], limit: 12, maxTags: EVENTS_MAX, splitChars: [], disabled: !mayChange };
  return (
    <>
      <TextInput className="wide" label={t.names} maxLength={200} disabled={!mayChange} error={wrong.title} value={rule.title} onChange={(event) => set({ title: event.currentTarget.value })} />
      <TagsInput {...events} label={t.opens} description={t.opensHint} error={wrong.opens} value={rule.opens} onChange={(opens) => set({ opens })} />
      <TagsInput {...events} label={t.closes} description={t.closesHint} value={rule.closes} onChange={(closes) => set({ closes })} />
      <TextInput label={t.matchedBy} description={t.matchedByHint} maxLength={200} disabled={!mayChange} error={wrong.matchedBy} classNames={{ input: "mono" }} value={rule.matchedBy} onChange={(event) => set({ matchedBy: event.currentTarget.value.trim() })} />
      <TagsInput {...events} label={t.tells} description={t.tellsHint} value={rule.tells} onChange={(tells) => set({ tells })} />
      <Due rule={rule} mayChange={mayChange} onChange={onChange} />
      <TagsInput
        className="wide" label={t.facts} description={t.factsHint(FACTS_MAX)} maxTags={FACTS_MAX} splitChars={[",", " "]} disabled={!mayChange}
        value={rule.facts} onChange={(facts) => set({ facts })}
      />
      <Textarea label={t.say} description={hint} autosize minRows={2} maxRows={6} maxLength={500} disabled={!mayChange} error={wrong.say} value={rule.say} onChange={(event) => set({ say: event.currentTarget.value })} />
      <Textarea label={t.advice} description={hint} autosize minRows={2} maxRows={6} maxLength={500} disabled={!mayChange} error={wrong.advice} value={rule.advice} onChange={(event) => set({ advice: event.currentTarget.value })} />
      {mayChange ? <div className="wide"><Button variant="default" leftSection={<IconTrash size={15} aria-hidden />} onClick={onRemove}>{t.remove}</Button></div> : null}
    </>
  );
}

function Due({ rule, mayChange, onChange }: Pick<RuleProps, "rule" | "mayChange" | "onChange">): ReactNode {
  const wrong = wrongInRule(rule);
  const kind = dueKindOf(rule);
  const { property = "", hours } = rule.due ?? {};
  const hoursChanged = (value: string | number): void => {
    const given = value === "" ? undefined : Number(value);
    onChange({ ...rule, due: { ...(kind === "property" ? { property } : {}), ...(given === undefined && kind === "property" ? {} : { hours: given ?? 0 }) } });
  };
  return (
    <div className="wide stack">
      <span id={`due-${rule.name}`} className="setting-label">{t.due}</span>
      <div>
        <SegmentedControl
          aria-labelledby={`due-${rule.name}`} disabled={!mayChange} value={kind} onChange={(next) => onChange(withDue(rule, next as DueKind))} // One of the three below.
          data={(["now", "hours", "property"] as const).map((value) => ({ value, label: t.dueKinds[value] }))}
        />
      </div>
      {kind === "now" ? null : (
        <div className="row wrap" style={{ alignItems: "flex-start" }}>
          {kind === "property" ? (
            <TextInput label={t.timeProperty} maxLength={200} w={260} disabled={!mayChange} error={wrong.due} classNames={{ input: "mono" }} value={property} onChange={(event) => onChange({ ...rule, due: { ...rule.due, property: event.currentTarget.value.trim() } })} />
          ) : null}
          <NumberInput label={kind === "hours" ? t.hours : t.dueLater} w={160} min={0} max={8_760} disabled={!mayChange} error={wrong.hours} value={hours ?? (kind === "hours" ? 0 : "")} onChange={hoursChanged} />
        </div>
      )}
    </div>
  );
}
