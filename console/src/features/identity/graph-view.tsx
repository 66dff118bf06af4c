// The graph, drawn. Everything in it can be reached and used by keyboard; the table beside it says the same in rows.
import { IconAlertTriangle, IconPlus, IconScissors, IconUsersGroup } from "@tabler/icons-react";
import {
  BaseEdge, Controls, EdgeLabelRenderer, getStraightPath, Handle, Position, ReactFlow, ReactFlowProvider, useReactFlow, type Edge, type EdgeProps, type Node, type NodeProps,
} from "@xyflow/react";
import { Link } from "@tanstack/react-router";
import { createContext, useContext, useEffect, useMemo, type ReactNode } from "react";
import type { IdentityGraph, PeopleNow } from "@tributary/schema/api/identity.ts";
import { texts } from "../../texts/texts.ts";
import { date } from "../../ui/format.ts";
import { nameOf } from "../profiles/person-words.ts";
import { layoutOf, NODE_HEIGHT, NODE_WIDTH } from "./graph-layout.ts";
import type { GraphLine, GraphModel, GraphNode } from "./graph-model.ts";
import { KindIcon } from "./ident.tsx";
import { identifierWords, kindWord, shortValue } from "./identity-words.ts";
import "@xyflow/react/dist/style.css";

const t = texts.identity;
/** So few nodes need less room. */
const SMALL_MAX = 8;
const ZOOM_MIN = 0.15;
/** As much of the whole as can still be read; what is beyond it one gets to by dragging, or by the button that shows all. */
const WHOLE = { padding: 0.12, minZoom: 0.55, maxZoom: 1 } as const;
const WIDTH_MIN = 1.5;
const WIDTH_MAX = 9;

export interface GraphViewProps {
  readonly graph: IdentityGraph;
  readonly model: GraphModel;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (key: string) => void;
  readonly onLine: (line: GraphLine) => void;
  readonly onOpen: (cluster: string) => void;
  readonly openLine: string | undefined;
}

interface Around extends Pick<GraphViewProps, "selected" | "onSelect" | "onLine" | "onOpen" | "openLine"> {
  readonly people: PeopleNow;
  readonly words: ReadonlyMap<string, string>;
}

const AroundContext = createContext<Around | null>(null);

function useAround(): Around {
  const around = useContext(AroundContext);
  if (around === null) throw new Error("Nodes and lines are drawn within the graph.");
  return around;
}

type DrawnNode = Node<{ readonly node: GraphNode }, "identifier">;
type DrawnLine = Edge<{ readonly line: GraphLine }, "evidence">;

const nodeTypes = { identifier: NodeBox };
const edgeTypes = { evidence: Line };

/** By the names that React Flow gives them. */
const controlLabels = {
  "controls.ariaLabel": t.controls.label, "controls.zoomIn.ariaLabel": t.controls.zoomIn, "controls.zoomOut.ariaLabel": t.controls.zoomOut, "controls.fitView.ariaLabel": t.controls.fit,
};

export function GraphView(props: GraphViewProps): ReactNode {
  const { graph, model, selected, onSelect, onLine, onOpen, openLine } = props;
  const places = useMemo(() => layoutOf(model), [model]);
  const nodes = useMemo(() => model.nodes.map((node): DrawnNode => ({
    id: node.id, type: "identifier", position: places.get(node.id) ?? { x: 0, y: 0 }, data: { node }, width: NODE_WIDTH, height: NODE_HEIGHT, draggable: false, selectable: false, focusable: false,
  })), [model, places]);
  const edges = useMemo(() => model.lines.map((line): DrawnLine => ({
    id: line.id, type: "evidence", source: line.a, target: line.b, data: { line }, focusable: false, selectable: false, interactionWidth: 24,
  })), [model]);
  const around = useMemo((): Around => ({
    selected, onSelect, onLine, onOpen, openLine, people: graph.people, words: new Map(model.nodes.map((node) => [node.id, wordsOf(node)])),
  }), [selected, onSelect, onLine, onOpen, openLine, graph, model]);
  return (
    <AroundContext value={around}>
      <section className={model.nodes.length > SMALL_MAX ? "identity-graph" : "identity-graph small"} aria-label={t.graphLabel}>
        <ReactFlowProvider>
          <ReactFlow
            nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} fitView fitViewOptions={WHOLE} minZoom={ZOOM_MIN} maxZoom={1.6}
            nodesConnectable={false} nodesFocusable={false} edgesFocusable={false} elementsSelectable={false} deleteKeyCode={null} zoomOnScroll={false} preventScrolling={false}
            ariaLabelConfig={controlLabels} onEdgeClick={(_event, { data }) => data && onLine(data.line)}
          >
            <Controls showInteractive={false} fitViewOptions={{ ...WHOLE, minZoom: ZOOM_MIN }} />
            <FitAgain on={model} />
          </ReactFlow>
        </ReactFlowProvider>
      </section>
    </AroundContext>
  );
}

/** When a kind is opened the whole is shown again. */
function FitAgain({ on }: { readonly on: GraphModel }): null {
  const { fitView } = useReactFlow();
  useEffect(() => {
    const frame = requestAnimationFrame(() => void fitView(WHOLE));
    return () => cancelAnimationFrame(frame);
  }, [on, fitView]);
  return null;
}

function wordsOf({ cluster, namespace, members }: GraphNode): string {
  const [only] = members;
  return cluster !== undefined || only === undefined ? t.node.many(members.length, kindWord(namespace, members.length)) : identifierWords(only);
}

function NodeBox({ data: { node } }: NodeProps<DrawnNode>): ReactNode {
  return (
    <>
      <Handle type="source" position={Position.Top} isConnectable={false} />
      <Handle type="target" position={Position.Top} isConnectable={false} />
      {node.cluster === undefined ? <Single node={node} /> : <Cluster node={node} cluster={node.cluster} />}
    </>
  );
}

function Single({ node }: { readonly node: GraphNode }): ReactNode {
  const { selected, onSelect, people } = useAround();
  const [member] = node.members;
  if (member === undefined) return null;
  const owner = "profile_id" in member && typeof member.profile_id === "string" ? people[member.profile_id] : undefined;
  const note = node.kind === "own" ? kindWord(node.namespace) : node.kind === "shared" ? t.node.notBridge : owner ? t.node.ofOther(nameOf(owner)) : t.node.nobodys;
  const content = (
    <>
      {node.kind === "shared" ? <IconUsersGroup size={16} stroke={1.6} aria-hidden /> : <KindIcon namespace={node.namespace} size={16} />}
      <span className="identity-node-text"><bdi className="cut mono">{shortValue(member, 30)}</bdi><span className="cut dim"><bdi>{note}</bdi></span></span>
    </>
  );
  if (owner) return <Link className="identity-node nodrag nopan" data-kind={node.kind} to="/profiles/$ref" params={{ ref: owner.id }} search={{ tab: "identity" }}>{content}</Link>;
  if (node.kind !== "own") return <div className="identity-node" data-kind={node.kind} title={`${kindWord(node.namespace)} ${member.value.slice(0, 300)}`}>{content}</div>;
  return (
    <button
      type="button" className="identity-node nodrag nopan" data-kind="own" aria-pressed={selected.has(member.key)} title={member.value.slice(0, 300)}
      onClick={() => onSelect(member.key)}
    >
      {content}
    </button>
  );
}

function Cluster({ node, cluster }: { readonly node: GraphNode; readonly cluster: string }): ReactNode {
  const { onOpen } = useAround();
  return (
    <button type="button" className="identity-node cluster nodrag nopan" data-kind={node.kind} onClick={() => onOpen(cluster)}>
      <KindIcon namespace={node.namespace} size={16} />
      <span className="identity-node-text"><strong className="cut">{wordsOf(node)}</strong><span className="cut dim">{node.kind === "shared" ? t.node.notBridge : t.node.open}</span></span>
      <IconPlus size={15} aria-hidden />
    </button>
  );
}

function Line({ sourceX, sourceY, targetX, targetY, data }: EdgeProps<DrawnLine>): ReactNode {
  const { onLine, openLine, words } = useAround();
  const line = data?.line;
  if (line === undefined) return null;
  // Handles are at the top of a node, lines go from middle to middle; the boxes lie above them.
  const [path, labelX, labelY] = getStraightPath({ sourceX, sourceY: sourceY + NODE_HEIGHT / 2, targetX, targetY: targetY + NODE_HEIGHT / 2 });
  const width = Math.min(WIDTH_MAX, WIDTH_MIN + 1.3 * Math.log2(1 + line.events));
  const what = lineWords(line);
  return (
    <>
      <BaseEdge path={path} interactionWidth={24} className={`identity-line${openLine === line.id ? " open" : ""}`} data-kind={line.kind} style={{ strokeWidth: width }} />
      <EdgeLabelRenderer>
        <button
          type="button" className="identity-line-label nodrag nopan" data-kind={line.kind} aria-label={t.line.label(words.get(line.a) ?? "", words.get(line.b) ?? "", what)}
          style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }} onClick={() => onLine(line)}
        >
          {line.kind === "cut" ? <IconScissors size={12} aria-hidden /> : line.kind === "refused" || line.kind === "claimed" ? <IconAlertTriangle size={12} aria-hidden /> : null}{what}
        </button>
      </EdgeLabelRenderer>
    </>
  );
}

export function lineWords({ kind, events, at, reason }: GraphLine): string {
  if (kind === "cut") return t.line.cut;
  if (kind === "merged" && at !== undefined) return t.line.merged(date(Date.parse(at)));
  if (reason !== undefined) return t.reasons[reason] ?? reason;
  return kind === "claimed" ? (t.reasons["untrusted"] ?? "") : t.line.events(events);
}

export function Legend(): ReactNode {
  return (
    <ul className="identity-legend" aria-label={t.legend.title}>
      {(["joined", "merged", "refused", "claimed", "cut"] as const).map((kind) => (
        <li key={kind}><svg width="28" height="10" aria-hidden><line x1="0" y1="5" x2="28" y2="5" className="identity-line" data-kind={kind} strokeWidth={kind === "joined" ? 4 : 2.5} /></svg>{t.legend[kind]}</li>
      ))}
      <li><IconUsersGroup size={15} stroke={1.6} aria-hidden />{t.legend.shared}</li>
    </ul>
  );
}
