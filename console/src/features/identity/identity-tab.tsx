// The tab Identity of a person: why it is one, drawn, in words and as a table; what was refused; and splitting it in two.
import { Button, SegmentedControl, Tooltip } from "@mantine/core";
import { IconArrowsSplit2, IconRoute } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import type { IdentityGraph } from "@tributary/schema/api/identity.ts";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { LinePanel, PathPanel } from "./evidence-panel.tsx";
import { modelOf, type GraphLine } from "./graph-model.ts";
import { GraphView, Legend } from "./graph-view.tsx";
import { History } from "./history.tsx";
import { IdentifierTable } from "./identifier-table.tsx";
import type { IdentitySearch } from "./identity-search.ts";
import { kindWord } from "./identity-words.ts";
import { graphQuery } from "./queries.ts";
import { ProposedSplits, proposedOf, useProposals, type Proposal } from "./proposals.tsx";
import { Story } from "./story.tsx";
import { UnmergeDialog } from "./unmerge-dialog.tsx";
import "./identity.css";

const t = texts.identity;
const route = getRouteApi("/shell/profiles/$ref");

export function IdentityTab({ person }: { readonly person: ProfileAnswer }): ReactNode {
  const graph = useQuery(graphQuery(person.id));
  if (graph.data) return <Identity graph={graph.data} />;
  if (graph.error) return <ProblemNotice problem={graph.error} onRetry={() => void graph.refetch()} />;
  return (
    <div className="identity" aria-busy="true">
      <Card title={t.why}><div className="stack">{[80, 65, 72].map((width) => <Bar key={width} width={width} />)}</div></Card>
      <Card title={t.graph} bare><div className="identity-graph" /></Card>
    </div>
  );
}

function Identity({ graph }: { readonly graph: IdentityGraph }): ReactNode {
  return (
    <div className="identity">
      <Card title={t.why}><Story graph={graph} /></Card>
      <Evidence graph={graph} />
      <Card title={t.history.title}><History graph={graph} /></Card>
    </div>
  );
}

/** The address holds what is shown; another part of it is changed and the rest stays. */
function useTabSearch(): readonly [IdentitySearch, (change: IdentitySearch) => void] {
  const { view, line, opened, proposal } = route.useSearch();
  const { ref } = route.useParams();
  const navigate = useNavigate();
  const set = useCallback((change: IdentitySearch) => {
    void navigate({ to: "/profiles/$ref", params: { ref }, search: { tab: "identity", ...change }, replace: true, resetScroll: false });
  }, [navigate, ref]);
  return [{ ...(view && { view }), ...(line && { line }), ...(opened && { opened }), ...(proposal && { proposal }) }, set];
}

function without<K extends keyof IdentitySearch>(search: IdentitySearch, name: K): IdentitySearch {
  const { [name]: _, ...rest } = search;
  return rest;
}

function Evidence({ graph }: { readonly graph: IdentityGraph }): ReactNode {
  const [search, set] = useTabSearch();
  const proposals = useProposals(graph.profile_id);
  const { selected, toggle, select, proposal } = useSelection(graph, proposals, search.proposal);
  const [asks, setAsks] = useState<"path" | "split">();
  const opened = useMemo(() => new Set((search.opened ?? "").split(",").filter((name) => name !== "")), [search.opened]);
  const model = useMemo(() => modelOf(graph, opened), [graph, opened]);
  const openLine = useCallback(({ id }: Pick<GraphLine, "id">) => set({ ...search, line: id }), [set, search]);
  const openCluster = useCallback((name: string) => set({ ...search, opened: [...opened, name].join(",") }), [set, search, opened]);
  const [from, to] = selected;
  const line = useMemo(() => lineOf(graph, model.lines, search.line), [graph, model, search.line]);
  const chosen = graph.identifiers.filter(({ key }) => selected.has(key));
  const show = (one: Proposal): void => {
    select(undefined);
    set({ ...search, proposal: one.id });
  };
  const clear = (): void => {
    select(new Set());
    set(without(search, "proposal"));
  };
  return (
    <>
      <ProposedSplits graph={graph} proposals={proposals} shown={proposal?.id} onShow={show} onPreview={(one) => { show(one); setAsks("split"); }} />
      <section className="card" aria-label={t.graphLabel}>
        <Toolbar graph={graph} selected={chosen.length} onClear={clear} onAsk={setAsks} search={search} set={set} />
        {model.clusters > 0 && search.view !== "table" ? <p className="identity-note">{t.clustered(graph.identifiers.length + graph.neighbours.length)}</p> : null}
        {graph.complete ? null : <p className="identity-note">{t.incomplete}</p>}
        {graph.edges.some(({ events }) => events === null) ? <p className="identity-note">{t.uncounted}</p> : null}
        {opened.size > 0 && search.view !== "table" ? <Opened opened={opened} onClose={(name) => set(closed(search, opened, name))} /> : null}
        {search.view === "table"
          ? <IdentifierTable graph={graph} selected={selected} onSelect={toggle} onLine={(id) => openLine({ id })} />
          : <><GraphView graph={graph} model={model} selected={selected} onSelect={toggle} onLine={openLine} onOpen={openCluster} openLine={search.line} /><Legend /></>}
        {line ? <LinePanel graph={graph} line={line} onClose={() => set(without(search, "line"))} /> : null}
        {asks === "path" && from !== undefined && to !== undefined ? <PathPanel graph={graph} from={from} to={to} onClose={() => setAsks(undefined)} /> : null}
        {asks === "split" ? (
          <UnmergeDialog
            profileId={graph.profile_id} chosen={chosen} stayCount={graph.identifiers.length - chosen.length}
            proposalId={proposal?.id} onClose={() => { setAsks(undefined); clear(); }}
          />
        ) : null}
      </section>
    </>
  );
}

/** What is selected: by hand, or else what the proposal in the address names. `proposal`: the selection is exactly that one's. */
function useSelection(graph: IdentityGraph, proposals: readonly Proposal[], asked: string | undefined) {
  const [byHand, select] = useState<ReadonlySet<string>>();
  const named = proposals.find(({ id }) => id === asked);
  const proposed = useMemo(() => new Set(named === undefined ? [] : proposedOf(graph, named).map(({ key }) => key)), [graph, named]);
  const selected: ReadonlySet<string> = byHand ?? proposed;
  const toggle = useCallback(
    (key: string) => select((before = proposed) => (before.has(key) ? new Set([...before].filter((one) => one !== key)) : new Set([...before, key]))), [proposed],
  );
  const isAsProposed = proposed.size > 0 && selected.size === proposed.size && [...proposed].every((key) => selected.has(key));
  return { selected, toggle, select, proposal: isAsProposed ? named : undefined };
}

/** By the address: a line of the graph as drawn, or of the table, where each pair is its own. */
function lineOf(graph: IdentityGraph, lines: readonly GraphLine[], id: string | undefined): GraphLine | undefined {
  if (id === undefined) return undefined;
  const edges = graph.edges.filter(({ a, b }) => id === `${a}~${b}` || id === `${b}~${a}`);
  const drawn = lines.find((line) => line.id === id || line.edges.some((edge) => edges.includes(edge)));
  if (drawn === undefined || edges.length === 0) return drawn;
  return { ...drawn, edges };
}

function closed(search: IdentitySearch, opened: ReadonlySet<string>, name: string): IdentitySearch {
  const rest = [...opened].filter((one) => one !== name).join(",");
  return { ...without(search, "opened"), ...(rest === "" ? {} : { opened: rest }) };
}

function Opened({ opened, onClose }: { readonly opened: ReadonlySet<string>; readonly onClose: (name: string) => void }): ReactNode {
  return (
    <div className="identity-note row wrap">
      {[...opened].map((name) => <Button key={name} variant="default" onClick={() => onClose(name)}>{t.node.close(kindWord(name.split(":")[1] ?? name, 2))}</Button>)}
      <span className="dim">{t.node.inTable}</span>
    </div>
  );
}

interface ToolbarProps {
  readonly graph: IdentityGraph;
  readonly selected: number;
  readonly onClear: () => void;
  readonly onAsk: (what: "path" | "split") => void;
  readonly search: IdentitySearch;
  readonly set: (search: IdentitySearch) => void;
}

function Toolbar({ graph, selected, onClear, onAsk, search, set }: ToolbarProps): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const maySplit = may(session, "write") && may(session, "personal_data");
  const whyNot = !maySplit ? t.splitNot.scope : selected === 0 ? t.splitNot.none : selected >= graph.identifiers.length ? t.splitNot.all : "";
  return (
    <div className="identity-bar">
      <span className="grow dim" role="status">{selected === 0 ? (graph.identifiers.length > 1 ? t.pickHint : "") : t.selected(selected)}</span>
      {selected > 0 ? <Button variant="subtle" onClick={onClear}>{t.clear}</Button> : null}
      <Button variant="default" leftSection={<IconRoute size={15} aria-hidden />} disabled={selected !== 2} onClick={() => onAsk("path")}>{t.whyJoined}</Button>
      <Tooltip label={whyNot} disabled={whyNot === ""}>
        <Button variant="default" leftSection={<IconArrowsSplit2 size={15} aria-hidden />} {...(whyNot === "" ? {} : { "data-disabled": true, "aria-disabled": true })} onClick={() => { if (whyNot === "") onAsk("split"); }}>{t.splitOff}</Button>
      </Tooltip>
      <SegmentedControl
        size="xs" aria-label={t.view} value={search.view ?? "graph"} data={[{ value: "graph", label: t.graph }, { value: "table", label: t.table }]}
        onChange={(value) => set({ ...without(search, "view"), ...(value === "table" ? { view: "table" } : {}) })}
      />
    </div>
  );
}
