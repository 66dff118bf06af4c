// The strip: what came in at each hop, and what did not go on from there, which opens into its rows.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Figure } from "../../ui/figure.tsx";
import { fullNumber } from "../../ui/format.ts";
import { Bar } from "../../ui/notice.tsx";
import { State, type Tone } from "../../ui/state.tsx";
import type { Hops, Side, SideKind } from "../ledger/hops.ts";

const t = texts.home;
const tones: Readonly<Record<SideKind, Tone>> = {
  held: "attention", failed: "bad", duplicate: "plain", dropped: "plain", withdrawn: "plain", toDecide: "waiting", toLand: "waiting",
};
/** The outcome by which the live debugger shows them. */
const outcomes: Partial<Readonly<Record<SideKind, string>>> = { held: "quarantined", duplicate: "duplicate", dropped: "dropped", withdrawn: "withdrawn" };

export function HopStrip({ hops, imbalances }: { readonly hops: Hops | undefined; readonly imbalances: readonly string[] }): ReactNode {
  return (
    <>
      <div className="hops">
        <Hop name={t.hops.received} note={t.hops.receivedNote} count={hops?.received} sides={hops?.afterReceived} to="/live" search={{}} />
        <Hop name={t.hops.accepted} note={t.hops.acceptedNote} count={hops?.accepted} sides={[]} to="/live" search={{ outcome: "stored" }} />
        <Hop name={t.hops.profiles} note={t.hops.profilesNote} count={hops?.accepted} sides={[]} to="/profiles" search={{}} />
        <Hop name={t.hops.stored} note={t.hops.storedNote} count={hops?.stored} sides={hops?.afterAccepted} to="/live" search={{ outcome: "stored" }} />
      </div>
      {imbalances.length > 0 ? <div className="card-body stack">{imbalances.map((text) => <State key={text} tone="bad">{text}</State>)}</div> : null}
    </>
  );
}

interface HopProps {
  readonly name: string;
  readonly note: string;
  readonly count: number | undefined;
  readonly sides: readonly Side[] | undefined;
  /** Where its rows are. */
  readonly to: "/live" | "/profiles";
  readonly search: { readonly outcome?: string };
}

function Hop({ name, note, count, sides, to, search }: HopProps): ReactNode {
  return (
    <div className="hop">
      <div className="hop-name">{name}</div>
      <div className="hop-count">{count === undefined ? <Bar width={40} /> : <Link to={to} search={search} aria-label={`${name}: ${fullNumber(count)}`}><Figure value={count} /></Link>}</div>
      <div className="hop-note">{note}</div>
      <div className="hop-side">{sides?.map((side) => <SideCount key={side.kind} side={side} />)}</div>
    </div>
  );
}

function SideCount({ side }: { readonly side: Side }): ReactNode {
  const text = <State tone={tones[side.kind]}><Figure value={side.count} /> {t.side[side.kind](side.count)}</State>;
  if (side.kind === "failed") return <Link to="/" search={{ open: "refused" }}>{text}</Link>;
  const outcome = outcomes[side.kind];
  return outcome === undefined ? text : <Link to="/live" search={{ outcome }}>{text}</Link>;
}
