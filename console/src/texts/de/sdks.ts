// Was man über SDKs neben ihrem Code wissen muss. Die Namen der SDKs gehören ihren Herstellern und stehen in der Tabelle selbst.
import type { Texts } from "../en/en.ts";

export const sdks: Texts["sdks"] = {
  groups: { web: "Im Browser", server: "Auf einem Server", phone: "Auf Telefonen", http: "Ohne SDK" },
  families: { segment: "Segment", rudderstack: "RudderStack", jitsu: "Jitsu", http: "HTTP" },
  choose: "SDK",
  install: "Installieren",
  code: "Code",
  notes: {
    httpsOnly: "Es spricht nur https: Dieser Server muss über https erreichbar sein, mit eigenem Zertifikat oder hinter einem Proxy.",
    ownSnippet: "Eine Seite, die schon den Code von Segment enthält, braucht zwei Änderungen: Aus `https://cdn.segment.com` wird die Adresse dieses Servers, aus dem Schreibschlüssel dieser hier.",
    publicUrl: "Es sendet an die Adresse in `PUBLIC_URL`: Erreichen Browser diesen Server unter einer anderen, setzen Sie diese.",
    jitsuKey: "Es nimmt nur Schlüssel der Form `id:secret`. Was vor dem Doppelpunkt steht, ist der Schreibschlüssel; der Rest wird nicht beachtet.",
    jitsuRepeats: "Es wiederholt keine Anfrage: Was auf einen stehenden Server trifft, ist verloren, es sei denn, seine Option `fetch` wiederholt.",
    rudderRetry: "Es gibt nach drei Versuchen binnen einer Sekunde auf; `retryCount` ist hier erhöht, damit ein Neustart nichts kostet.",
    rudderPlugins: "Die gebündelte Fassung lädt nichts von anderswo; die gewöhnliche lädt Plugins aus dem Netz von RudderStack.",
    rudderControlPlane: "Auch seine „control plane“ muss dieser Server sein: Dort fragt es, ob die Quelle eingeschaltet ist.",
    goClose: "`Close` gibt auf, was noch einmal gesendet werden müsste: Wo jedes Ereignis zählt, warten Sie vorher die Callbacks ab.",
    javaWaits: "Es wartet bis zu 15 Sekunden, bevor es eine Anfrage wiederholt.",
    reactNativePaths: "Mit `useSegmentEndpoints` ruft es `/v1/b` und die Einstellungen unterhalb des Proxys auf; ohne das sendete es an die Adresse des Proxys selbst.",
    secondPackage: "Seine Hersteller pflegen es für ältere Apps; neue beginnen mit dem Nachfolger.",
    community: "Von seinen Nutzern gemacht, nicht von Segment.",
    pixelLimits: "Für E-Mails und Seiten ohne Skripte. Felder stehen in der Adresse; `properties`, `traits` und `context` als JSON.",
    batch: "Geben Sie jedem Ereignis eine eigene `messageId`, und wiederholen Sie nach Belieben: Ein Ereignis, das zweimal kommt, zählt einmal.",
  },
  called: {
    "Website, from npm": "Website, mit npm", "HTTP, one event": "HTTP, ein Ereignis", "HTTP, many events at once": "HTTP, viele Ereignisse auf einmal", "HTTP, a batch": "HTTP, als Stapel",
    "Pixel": "Zählpixel", "Jitsu's HTML snippet": "Jitsus HTML-Code", "iOS and macOS (Swift)": "iOS und macOS (Swift)", "iOS (Objective-C, the older SDK)": "iOS (Objective-C, das ältere SDK)",
    "Android (the older SDK)": "Android (das ältere SDK)", "C# and .NET": "C# und .NET",
  },
  httpWarning: "Die Adresse dieses Servers ist http, und dieses SDK spricht nur https: Seine Ereignisse kommen nicht an.",
};
