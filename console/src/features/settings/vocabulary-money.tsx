// Money: which currencies arrive, the one that sums are told in, and what the others are worth. What keeps a sum from being told
// is said while somebody changes it.
import { ActionIcon, Button, TextInput, Textarea } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { moneyProblem, moneyUnit, UNREADABLE, type ArrivingCurrency, type Money as StoredMoney } from "@tributary/schema/audience/money.ts";
import type { MoneyAnswer } from "@tributary/schema/api/vocabulary.ts";
import { texts } from "../../texts/texts.ts";
import { Figure, When } from "../../ui/figure.tsx";
import { State } from "../../ui/state.tsx";
import { isCode, rateOf, ratesFromText, withoutRate, withRates, wrongInMoney, wrongInRate } from "./vocabulary-draft.ts";

const t = texts.vocabulary;
const RATES_SHOWN = 24;

export interface MoneyProps {
  readonly told: MoneyAnswer;
  readonly money: StoredMoney;
  readonly mayChange: boolean;
  readonly onChange: (money: StoredMoney) => void;
}

export function Money({ told, money, mayChange, onChange }: MoneyProps): ReactNode {
  const arriving = told.currencies.map(({ currency, count, first_at }): ArrivingCurrency => ({ currency, count, firstMs: Date.parse(first_at) }));
  const alone = moneyUnit({ base: null, rates: [] }, arriving);
  const wrong = wrongInMoney(money);
  return (
    <div className="stack-wide">
      <p className="dim">{t.moneyText}</p>
      <Standing money={money} arriving={arriving} />
      {arriving.length === 0 ? null : <Arriving money={money} arriving={arriving} />}
      <TextInput
        label={t.base} description={t.baseHint(money.base === null ? alone : null)} w={280} maxLength={3} disabled={!mayChange} classNames={{ input: "mono" }} error={wrong}
        value={money.base ?? ""} onChange={(event) => { const code = event.currentTarget.value.trim().toUpperCase(); onChange({ ...money, base: code === "" ? null : code }); }}
      />
      {money.base !== null && isCode(money.base) ? <Rates base={money.base} money={money} mayChange={mayChange} onChange={onChange} /> : money.rates.length > 0 ? <RateTable base="" money={money} mayChange={mayChange} onChange={onChange} /> : null}
    </div>
  );
}

/** Whether sums are told, and in what. */
function Standing({ money, arriving }: { readonly money: StoredMoney; readonly arriving: readonly ArrivingCurrency[] }): ReactNode {
  const problem = moneyProblem(money, arriving);
  const unit = moneyUnit(money, arriving);
  const text = problem ? t.problem[problem.kind](t.and(problem.currencies.map((code) => (code === UNREADABLE ? t.odd : code))), problem.base ?? "") : arriving.length === 0 ? t.nothingArrives : unit === null ? t.noUnit : t.fine(unit);
  return <div className="vocabulary-standing" role="status"><State tone={problem ? "attention" : arriving.length === 0 ? "plain" : "good"}>{text}</State></div>;
}

function Arriving({ money, arriving }: { readonly money: StoredMoney; readonly arriving: readonly ArrivingCurrency[] }): ReactNode {
  const only = moneyUnit(money, arriving);
  return (
    <table className="plain-table" aria-label={t.arriving}>
      <thead><tr><th scope="col">{t.arriving}</th><th scope="col" className="end">{t.eventsColumn}</th><th scope="col">{t.since}</th><th scope="col">{t.converted}</th></tr></thead>
      <tbody>
        {arriving.map((one) => (
          <tr key={one.currency}>
            <td>{one.currency === "" ? <span className="dim">{t.noCurrency}</span> : one.currency === UNREADABLE ? <span className="dim">{t.unreadable}</span> : <code className="word">{one.currency}</code>}</td>
            <td className="end"><Figure value={one.count} /></td>
            <td><When at={one.firstMs} /></td>
            <td><Converted money={money} one={one} isOnly={only !== null} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Converted({ money, one, isOnly }: { readonly money: StoredMoney; readonly one: ArrivingCurrency; readonly isOnly: boolean }): ReactNode {
  if (one.currency === "") return <span className="dim">{t.asBase}</span>;
  if (one.currency === money.base) return t.isBase;
  if (money.base === null) return <span className="dim">{isOnly ? t.unconverted : t.noRate}</span>;
  if (one.currency === UNREADABLE) return <span className="dim">{t.leftOut}</span>;
  const first = money.rates.filter(({ currency }) => currency === one.currency).map(({ from }) => from).toSorted()[0];
  if (first === undefined) return <State tone="attention">{t.noRate}</State>;
  return moneyProblem(money, [one]) ? <State tone="attention">{t.rateSince(first)}</State> : t.rateSince(first);
}

type RatesProps = Omit<MoneyProps, "told"> & { readonly base: string };

function Rates(props: RatesProps): ReactNode {
  const { base, money, mayChange, onChange } = props;
  const [isPasting, setIsPasting] = useState(false);
  return (
    <section className="stack" style={{ gap: 12 }} aria-label={t.rates}>
      <h3>{t.rates}</h3>
      <p className="dim">{t.ratesText(base)}</p>
      {money.rates.length === 0 ? <p className="dim">{t.noRates}</p> : <RateTable {...props} />}
      {mayChange ? <AddRate base={base} onAdd={(rate) => onChange(withRates(money, [rate]))} /> : null}
      {!mayChange ? null : isPasting ? <Paste onAdd={(rates) => { onChange(withRates(money, rates)); setIsPasting(false); }} onClose={() => setIsPasting(false)} /> : <div><Button variant="default" onClick={() => setIsPasting(true)}>{t.paste}</Button></div>}
    </section>
  );
}

function RateTable({ base, money, mayChange, onChange }: RatesProps): ReactNode {
  const [isAll, setIsAll] = useState(false);
  const shown = isAll ? money.rates : money.rates.slice(0, RATES_SHOWN);
  return (
    <>
      <table className="plain-table vocabulary-rates" aria-label={t.rates}>
        <thead><tr><th scope="col">{t.currency}</th><th scope="col">{t.from}</th><th scope="col" className="end">{base === "" ? t.rate : t.rateIn(base)}</th><th scope="col"><span className="unseen">{t.change}</span></th></tr></thead>
        <tbody>
          {shown.map((one) => (
            <tr key={`${one.currency} ${one.from}`}>
              <td><code className="word">{one.currency}</code></td><td className="figure">{one.from}</td><td className="end figure">{one.rate}</td>
              <td className="end">{mayChange ? <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t.remove(one.currency, one.from)} onClick={() => onChange(withoutRate(money, one))}><IconTrash size={14} aria-hidden /></ActionIcon> : null}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < money.rates.length ? <div><Button variant="subtle" color="gray" size="compact-sm" onClick={() => setIsAll(true)}>{t.showAll(money.rates.length)}</Button></div> : null}
    </>
  );
}

function AddRate({ base, onAdd }: { readonly base: string; readonly onAdd: (rate: StoredMoney["rates"][number]) => void }): ReactNode {
  const empty = { from: "", currency: "", rate: "" };
  const [typed, setTyped] = useState(empty);
  const wrong = typed.currency === base ? t.wrong.baseRate(base) : wrongInRate({ ...typed, rate: typed.rate.replace(",", ".") });
  const isBegun = typed.currency.length === 3 && typed.rate !== "" && typed.from !== "";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (wrong !== undefined) return;
    onAdd({ from: typed.from, currency: typed.currency, rate: rateOf(typed.rate.replace(",", ".")) });
    setTyped({ ...empty, currency: typed.currency });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="row wrap vocabulary-add">
        <TextInput label={t.currency} w={110} maxLength={3} classNames={{ input: "mono" }} value={typed.currency} onChange={(event) => setTyped({ ...typed, currency: event.currentTarget.value.toUpperCase() })} />
        <TextInput label={t.from} type="date" w={170} min="1970-01-01" value={typed.from} onChange={(event) => setTyped({ ...typed, from: event.currentTarget.value })} />
        <TextInput label={t.rateIn(base)} w={140} inputMode="decimal" classNames={{ input: "mono" }} value={typed.rate} onChange={(event) => setTyped({ ...typed, rate: event.currentTarget.value.trim() })} />
        <Button type="submit" variant="default" leftSection={<IconPlus size={15} aria-hidden />} aria-label={t.addRate} disabled={wrong !== undefined}>{t.add}</Button>
      </div>
      {isBegun && wrong !== undefined ? <p className="vocabulary-wrong" role="alert">{wrong}</p> : null}
    </form>
  );
}

function Paste({ onAdd, onClose }: { readonly onAdd: (rates: StoredMoney["rates"]) => void; readonly onClose: () => void }): ReactNode {
  const [text, setText] = useState("");
  const { rates, problems } = ratesFromText(text);
  return (
    <div className="stack">
      <Textarea
        label={t.pasteLabel} description={t.pasteHint} autosize minRows={4} maxRows={12} classNames={{ input: "mono" }} data-autofocus value={text} onChange={(event) => setText(event.currentTarget.value)}
        error={problems.length === 0 ? undefined : problems.map((one) => <span key={one} className="vocabulary-line">{one}</span>)}
      />
      <div className="row">
        <Button disabled={rates.length === 0 || problems.length > 0} onClick={() => onAdd([...rates])}>{t.pasteAdd(rates.length)}</Button>
        <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
      </div>
    </div>
  );
}
