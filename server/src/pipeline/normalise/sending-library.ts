// Which library sent an event. A server-side library speaks for people elsewhere: the connection's address and user agent
// are then the server's, not theirs.
import { BoundedCache } from "./bounded-cache.ts";

const serverLibraryWords = [
  "node", "python", "golang", "analytics-go", "java", "ruby", "php", "rust", "elixir", "perl", "scala", "clojure", ".net", "csharp",
  "s2s", "server", "-http", "import",
];
/** `javascript` has java in it. */
const clientLibraryWords = ["javascript", "analytics.js", "android", "ios", "swift", "kotlin", "react-native", "flutter", "unity", "web"];

const known = new BoundedCache<boolean>(500);

/** Whether a library of this name (`context.library.name`) runs on servers; false for unknown names and for ''. */
export function isServerLibrary(name: string): boolean {
  if (name === "" || name.length > 200) return false;
  let isServer = known.get(name);
  if (isServer === undefined) {
    const lower = name.toLowerCase();
    isServer = !clientLibraryWords.some((word) => lower.includes(word)) && serverLibraryWords.some((word) => lower.includes(word));
    known.set(name, isServer);
  }
  return isServer;
}
