// Which of the six calls an event is, and its name: the path decides, then `type`, then `action`, as the oldest Segment
// libraries spelled it. Case is ignored; a letter stands for its call, as in the paths of analytics.js.
import { callTypes, type CallType } from "../event.ts";
import { firstText, objectOf, textOf, type PlainObject } from "./read-field.ts";

const typesByWord: ReadonlyMap<string, CallType> = new Map([
  ...callTypes.map((type) => [type, type] as const),
  ["t", "track"], ["p", "page"], ["s", "screen"], ["i", "identify"], ["g", "group"], ["a", "alias"],
  ["event", "track"], ["pageview", "page"],
]);

/** Undefined when neither the path nor the event names a call that there is. */
export function readCallType(fromPath: string | undefined, payload: Readonly<PlainObject>): CallType | undefined {
  const word = textOf(fromPath) || textOf(payload["type"]) || textOf(payload["action"]);
  return typesByWord.get(word) ?? typesByWord.get(word.toLowerCase());
}

/**
 * Properties as the JSON column holds them: those of track, page and screen, the traits of identify and group. Name and
 * category of a page or screen stand among its properties, as Segment puts them.
 */
export function readProperties(type: CallType, payload: Readonly<PlainObject>, traits: Readonly<PlainObject>): Readonly<PlainObject> {
  switch (type) {
    case "track":
      return objectOf(payload["properties"]);
    case "page":
    case "screen": {
      const properties = objectOf(payload["properties"]);
      // RudderStack's mobile libraries write a screen's name where a track's name stands.
      const name = firstText(payload["name"], type === "screen" ? payload["event"] : undefined);
      const category = textOf(payload["category"]);
      if (name === "" && category === "") return properties;
      return { ...properties, ...(name === "" ? {} : { name }), ...(category === "" ? {} : { category }) };
    }
    case "identify":
      return traits;
    case "group":
      return objectOf(payload["traits"]);
    case "alias":
      return objectOf(payload["properties"]);
  }
}
