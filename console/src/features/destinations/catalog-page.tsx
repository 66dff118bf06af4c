// The catalog: where one can send to, what each needs, and what is known to work.
import { NativeSelect } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { CatalogEntry } from "@tributary/schema/api/destinations.ts";
import { texts, wordFrom } from "../../texts/texts.ts";
import { Figure } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State, type Tone } from "../../ui/state.tsx";
import { CatalogPanel } from "./catalog-panel.tsx";
import { catalogChoices, type CatalogSearch } from "./destinations-search.ts";
import { FindField } from "./find-field.tsx";
import { catalogQuery } from "./queries.ts";
import "./destinations.css";

const t = texts.destinations.catalog;
const route = getRouteApi("/shell/destinations/catalog");
export const availabilityTones = { ready: "good", own_app: "attention", hidden: "plain" } as const satisfies Readonly<Record<string, Tone>>;

/** Without what is not set. */
function searchOf({ search, category, show, open }: { readonly [Key in keyof CatalogSearch]: CatalogSearch[Key] | undefined }): CatalogSearch {
  return { ...(search ? { search } : {}), ...(category ? { category } : {}), ...(show ? { show } : {}), ...(open ? { open } : {}) };
}

export function CatalogPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const list = useQuery(catalogQuery(search));
  const go = (change: { readonly [Key in keyof CatalogSearch]?: CatalogSearch[Key] | undefined }): void => void navigate({ search: searchOf({ ...search, ...change }), replace: true, resetScroll: false });
  const counts = list.data?.availability;
  return (
    <Page
      fills title={t.title} back={{ to: "/destinations", text: texts.destinations.title }}
      sentence={counts ? <>{t.sentence(counts.ready, counts.own_app, counts.hidden)} {t.noVendor}</> : <Bar width={60} />}
    >
      <div className="row wrap catalog-tools">
        <FindField label={t.find} value={search.search ?? ""} onChange={(word) => go({ search: word })} />
        <NativeSelect
          aria-label={t.availability} value={search.show ?? ""} data={[{ value: "", label: t.availabilities.usable }, ...catalogChoices.map((value) => ({ value, label: t.availabilities[value] }))]}
          onChange={(event) => go({ show: catalogChoices.find((one) => one === event.currentTarget.value), category: undefined })}
        />
        <NativeSelect
          className="catalog-category-field" aria-label={t.category} value={search.category ?? ""}
          data={[{ value: "", label: t.every }, ...(list.data?.categories ?? []).map(({ category, count }) => ({ value: category, label: `${wordFrom(t.categories, category)} (${count})` }))]}
          onChange={(event) => go({ category: event.currentTarget.value })}
        />
      </div>
      {list.error ? <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} /> : null}
      <div className="split">
        <Categories all={list.data?.categories} chosen={search.category} onChoose={(category) => go({ category })} />
        <div className="main catalog-main">
          {list.data?.data.length === 0 ? <Empty icon={<IconSearch size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={<Link to="/destinations/catalog">{t.clear}</Link>} /> : null}
          {list.error && !list.data ? null : <ul className="catalog-cards" aria-label={t.title} aria-busy={list.isPending}>{list.data ? list.data.data.map((one) => <Entry key={one.slug} entry={one} search={search} />) : <Skeleton />}</ul>}
        </div>
        {search.open === undefined ? null : <CatalogPanel key={search.open} slug={search.open} onClose={() => go({ open: undefined })} />}
      </div>
    </Page>
  );
}

interface CategoriesProps {
  readonly all: readonly { readonly category: string; readonly count: number }[] | undefined;
  readonly chosen: string | undefined;
  readonly onChoose: (category: string | undefined) => void;
}

function Categories({ all, chosen, onChoose }: CategoriesProps): ReactNode {
  const total = (all ?? []).reduce((sum, { count }) => sum + count, 0);
  return (
    <nav className="catalog-categories" aria-label={t.category}>
      <button type="button" aria-current={chosen === undefined} onClick={() => onChoose(undefined)}><span className="grow cut">{t.every}</span><span className="dim"><Figure value={total} /></span></button>
      {all?.map(({ category, count }) => (
        <button type="button" key={category} aria-current={chosen === category} onClick={() => onChoose(category)}><span className="grow cut">{wordFrom(t.categories, category)}</span><span className="dim"><Figure value={count} /></span></button>
      ))}
    </nav>
  );
}

function Entry({ entry, search }: { readonly entry: CatalogEntry; readonly search: CatalogSearch }): ReactNode {
  const { slug, name, description, category, origin, availability, proof, in_use: inUse } = entry;
  return (
    <li className="card catalog-card" data-chosen={search.open === slug}>
      <h2><Link to="/destinations/catalog" search={{ ...search, open: slug }} replace className="catalog-name"><bdi>{name}</bdi></Link></h2>
      <p className="dim">{description || wordFrom(t.categories, category)}</p>
      <div className="row wrap catalog-labels">
        <State tone={availabilityTones[availability.kind]}>{t.labels[availability.kind]}</State>
        {availability.kind === "hidden" ? null : <span className="dim">{t.proofs[proof]}</span>}
        {origin === "own" ? <span className="dim">{t.origins.own}</span> : null}
        {inUse === 0 ? null : <strong>{t.inUse(inUse)}</strong>}
      </div>
    </li>
  );
}

function Skeleton(): ReactNode {
  return Array.from({ length: 9 }, (_, index) => <li key={index} className="card catalog-card" aria-hidden><Bar width={50} /><Bar width={90} /><Bar width={70} /><Bar width={40} /></li>);
}
