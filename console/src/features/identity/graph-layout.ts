// Where each node stands. The same graph always looks the same: forces begin at places that depend on the order alone, and run a
// fixed number of steps. Pure.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type SimulationNodeDatum } from "d3-force";
import type { GraphModel } from "./graph-model.ts";

export const NODE_WIDTH = 200;
export const NODE_HEIGHT = 44;
const STEPS = 260;
/** Nodes are wide and low, forces are round: what they push apart is pulled wide and laid down flat. */
const WIDEN = 1.5;
const FLATTEN = 0.72;

interface Body extends SimulationNodeDatum {
  readonly id: string;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export function layoutOf({ nodes, lines }: GraphModel): ReadonlyMap<string, Place> {
  const bodies = nodes.map(({ id }): Body => ({ id }));
  const links = lines.map(({ a, b }) => ({ source: a, target: b }));
  forceSimulation(bodies)
    .force("link", forceLink<Body, { source: string; target: string }>(links).id(({ id }) => id).distance(210).strength(0.5))
    .force("charge", forceManyBody().strength(-620).distanceMax(900))
    .force("collide", forceCollide(108).iterations(2))
    .force("x", forceX(0).strength(0.05))
    .force("y", forceY(0).strength(0.07))
    .stop()
    .tick(STEPS);
  return new Map(bodies.map(({ id, x = 0, y = 0 }) => [id, { x: Math.round(x * WIDEN), y: Math.round(y * FLATTEN) }]));
}
