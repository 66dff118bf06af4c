// JSON laid out, with the places that something is wrong at. A place is a path of names and indexes from the root.
import { jsonParts, type JsonPart } from "./json-text.ts";

export type JsonPlace = readonly (string | number)[];

export interface MarkedPart extends JsonPart {
  readonly isMarked: boolean;
}

interface Frame {
  readonly isList: boolean;
  index: number;
  name: string;
}

export function markedParts(text: string, places: readonly JsonPlace[]): MarkedPart[] {
  const frames: Frame[] = [];
  return jsonParts(text).map((part): MarkedPart => {
    if (part.kind === "key") {
      const frame = frames.at(-1);
      if (frame) frame.name = nameOf(part.text);
      return { ...part, isMarked: isAt(frames, places) };
    }
    if (part.kind !== "mark") return { ...part, isMarked: isAt(frames, places) };
    const mark = part.text.trim().slice(0, 1);
    // A closing mark belongs to what is around the values before it.
    if (mark === "}" || mark === "]") frames.pop();
    const isMarked = mark !== "," && isAt(frames, places);
    if (mark === "{" || mark === "[") frames.push({ isList: mark === "[", index: 0, name: "" });
    else if (mark === ",") advance(frames.at(-1));
    return { ...part, isMarked };
  });
}

function advance(frame: Frame | undefined): void {
  if (frame) frame.index++;
}

function nameOf(key: string): string {
  return String(JSON.parse(key));
}

function isAt(frames: readonly Frame[], places: readonly JsonPlace[]): boolean {
  return places.some((place) => place.length > 0 && place.length <= frames.length && place.every((step, depth) => {
    const frame = frames[depth];
    return frame !== undefined && (frame.isList ? frame.index === step : frame.name === step);
  }));
}

/** Whether the place is in the text at all: of what is missing nothing can be marked. */
export function hasPlace(text: string, place: JsonPlace): boolean {
  return markedParts(text, [place]).some(({ isMarked }) => isMarked);
}
