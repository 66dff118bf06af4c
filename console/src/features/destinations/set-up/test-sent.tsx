// What became of a test: whether it was taken, and what was asked and answered.
import type { ReactNode } from "react";
import type { TestSend } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../../texts/texts.ts";
import { State, type Tone } from "../../../ui/state.tsx";
import { MaskedMark } from "../../masking/masked.tsx";
import { codeText, Exchanges } from "../delivery-panel.tsx";

const t = texts.setUp.preview;
const tones = { delivered: "good", retry: "attention", refused: "bad", unauthorized: "bad", nothing: "plain", not_sent: "attention" } as const satisfies Readonly<Record<TestSend["outcome"], Tone>>;

export function TestSent({ sent: { outcome, code, detail, problems, exchanges } }: { readonly sent: TestSend }): ReactNode {
  return (
    <div className="stack roomy" role="status">
      <div className="row wrap"><State tone={tones[outcome]}><strong>{t.testOutcomes[outcome]}</strong></State>{code === null ? null : <span className="dim">{codeText(code)}</span>}<MaskedMark /></div>
      {detail === null ? null : <p><bdi>{detail}</bdi></p>}
      {problems.length === 0 ? null : <ul className="sdk-notes">{problems.map((one) => <li key={`${one.field} ${one.problem}`}>{one.problem}</li>)}</ul>}
      <Exchanges all={exchanges} />
    </div>
  );
}
