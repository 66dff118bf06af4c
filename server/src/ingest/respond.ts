// What each kind of request is answered: a table of contents of collection.
import type { IncomingMessage } from "node:http";
import { AppError } from "../core/errors.ts";
import {
  emptyAnswer, jsonAnswer, pixelAnswer, preflightAnswer, successAnswer, textAnswer, wrongMethodAnswer, type Answer,
} from "./answers.ts";
import type { Authenticate, AuthenticateKey } from "./authenticate.ts";
import type { BrowserLibrary } from "./browser-library.ts";
import { cachedAnswer, fileAnswer } from "./cached-answer.ts";
import type { Collect } from "./collect.ts";
import type { Route } from "./routes.ts";
import { rudderSourceConfig, segmentSettings, type PublicAddress } from "./settings-json.ts";
import { basicKey, headerKey, queryKey } from "./write-key.ts";

export interface ResponderOptions {
  readonly collect: Collect;
  readonly authenticate: Authenticate;
  readonly authenticateKey: AuthenticateKey;
  readonly library: BrowserLibrary;
  readonly address: PublicAddress;
  readonly version: string;
}

/** Throws AppError for what is refused. `query` is without its question mark. */
export type Respond = (route: Route, request: IncomingMessage, query: string) => Promise<Answer>;

const settingsMaxAgeSeconds = 120;
const scriptMaxAgeSeconds = 300;

export function createResponder({ collect, authenticate, authenticateKey, library, address, version }: ResponderOptions): Respond {
  async function respond(route: Route, request: IncomingMessage, query: string): Promise<Answer> {
    switch (route.kind) {
      case "single":
      case "batch":
        return collect(request, route, query);
      case "pixel":
        // Programs that look at links by HEAD before anybody opens them must leave no event.
        if (request.method === "HEAD") return pixelAnswer;
        await collect(request, route, query);
        return pixelAnswer;
      case "settings":
        return cachedAnswer(
          request, jsonAnswer(segmentSettings((await authenticateKey(route.writeKey, request)).key, address)), settingsMaxAgeSeconds,
        );
      case "source_config":
        return sourceConfig(request, query);
      case "library": {
        // Scripts are made and remembered by the key as it is known: what else may stand behind it is without end.
        const { key } = await authenticateKey(route.writeKey, request);
        return fileAnswer(request, await library.script(key), `public, max-age=${scriptMaxAgeSeconds}`);
      }
      case "library_bundle": {
        const file = await library.bundle(route.file);
        if (!file) throw new AppError("not_found");
        return fileAnswer(request, file, "public, max-age=31536000, immutable");
      }
      case "jitsu_library":
        return fileAnswer(request, await library.jitsuScript(), `public, max-age=${scriptMaxAgeSeconds}`);
      case "discard":
        return route.answer === "success" ? successAnswer : emptyAnswer;
      case "version":
        return jsonAnswer({ name: "tributary", version: version }, ["access-control-allow-origin", "*"]);
      case "robots":
        return textAnswer("User-agent: *\nDisallow: /\n");
      case "preflight":
        return preflightAnswer(route.methods);
      case "wrong_method":
        return wrongMethodAnswer(route.methods);
    }
  }

  async function sourceConfig(request: IncomingMessage, query: string): Promise<Answer> {
    const key = basicKey(request.headers) ?? queryKey(new URLSearchParams(query)) ?? headerKey(request.headers);
    const source = await authenticate(key, request);
    return jsonAnswer(rudderSourceConfig(key ?? "", source), ["cache-control", "no-cache"]);
  }

  return respond;
}
