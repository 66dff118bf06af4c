// The definition as YAML, to read and to write: what is right replaces the definition at once, what is not is marked at its line.
import { Textarea } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { CopyIcon } from "../../../ui/copy.tsx";
import { Told } from "../../../ui/told.tsx";
import { draftOf, write, type Draft } from "../model/draft.ts";
import { checkQuery } from "../queries.ts";
import type { YamlReading } from "./yaml-text.ts";

const t = texts.audiences;

/** The parser is only loaded by those who look. */
const yamlText = () => import("./yaml-text.ts");

export function YamlView({ draft, own, onReplace }: { readonly own: string | undefined; readonly draft: Draft; readonly onReplace: (draft: Draft) => void }): ReactNode {
  const [text, setText] = useState<string>();
  const [reading, setReading] = useState<YamlReading>();
  const mine = useRef<string>(undefined);
  const now = JSON.stringify(write(draft).definition);
  useEffect(() => {
    // What was typed here is not written over by itself.
    if (mine.current === now) return;
    mine.current = now;
    void yamlText().then(({ toYaml, readYaml }) => {
      const made = toYaml(write(draft).definition);
      setText(made);
      setReading(readYaml(made));
    });
  }, [now]);
  const type = (next: string): void => {
    setText(next);
    void yamlText().then(({ readYaml }) => setReading(readYaml(next)));
  };
  const key = JSON.stringify(reading?.value ?? null);
  const check = useQuery({ ...checkQuery(reading?.value, key, own), enabled: reading !== undefined && reading.problem === undefined });
  useEffect(() => {
    if (check.data?.ok !== true || reading === undefined || reading.problem !== undefined) return;
    const read = draftOf(reading.value);
    if (read === undefined) return;
    const written = JSON.stringify(write(read).definition);
    if (written === now) return;
    mine.current = written;
    onReplace(read);
  }, [check.data]);
  const problems = reading === undefined ? [] : reading.problem ? [{ ...reading.problem, hint: null }] : (check.data?.problems ?? []).map(({ path, message, hint }) => ({ line: reading.lineOf(path), message, hint }));
  return (
    <div className="stack">
      <div className="with-copy">
        <Textarea aria-label={t.views.yamlLabel} autosize minRows={12} maxRows={40} spellCheck={false} dir="ltr" classNames={{ input: "mono" }} value={text ?? ""} onChange={(event) => type(event.currentTarget.value)} aria-invalid={problems.length > 0} disabled={text === undefined} />
        <span className="copy"><CopyIcon value={text ?? ""} /></span>
      </div>
      <div role="status" className="stack">
        {problems.map(({ line, message, hint }) => <div key={`${line} ${message}`} className="row-problem" data-tone="bad"><IconAlertTriangle size={14} aria-hidden /><span><strong>{t.views.line(line)}</strong> {message}{hint ? <> <span className="dim"><Told text={hint} /></span></> : null}</span></div>)}
        {problems.length === 0 && text !== undefined ? <p className="dim">{t.views.yamlNote}</p> : null}
      </div>
    </div>
  );
}
