// Style and script of the reference page. System fonts, one accent, light and dark by the reader's own setting.

export const REFERENCE_STYLE = `
:root { color-scheme: light dark; --paper: #fff; --raised: #f6f7f7; --line: #dfe3e3; --ink: #1b2021; --quiet: #5a6567; --accent: #0b6b6b;
  --get: #0b6b6b; --post: #1d5fa8; --put: #7a5300; --patch: #7a5300; --delete: #a8322b; }
@media (prefers-color-scheme: dark) { :root { --paper: #161819; --raised: #1e2122; --line: #33383a; --ink: #e7eaea; --quiet: #9aa5a7; --accent: #56b8b5;
  --get: #56b8b5; --post: #7fb2ee; --put: #d9ac54; --patch: #d9ac54; --delete: #ee8a83; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 16px; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; display: grid; grid-template-columns: 264px minmax(0, 1fr); background: var(--paper); color: var(--ink);
  font: 14px/1.55 ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
code, pre { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -9999px; } .skip:focus { left: 8px; top: 8px; background: var(--paper); padding: 8px; z-index: 1; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 20px 16px 40px; border-right: 1px solid var(--line); background: var(--raised); }
nav h2 { margin: 20px 0 4px; font-size: 12px; font-weight: 600; color: var(--quiet); }
nav a { display: block; padding: 3px 6px; border-radius: 6px; color: var(--ink); overflow-wrap: anywhere; }
nav a:hover { background: var(--line); text-decoration: none; }
.mark { margin: 0 6px 14px; font-size: 17px; font-weight: 600; } .mark span { color: var(--accent); }
.filter { display: block; margin: 0 6px 10px; font-size: 12px; color: var(--quiet); }
.filter input { width: 100%; height: 32px; margin-top: 2px; padding: 0 8px; font: inherit; font-size: 13px; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 6px; }
main { max-width: 920px; padding: 32px 40px 96px; }
h1 { margin: 0 0 8px; font-size: 28px; font-weight: 600; } main h2 { margin: 48px 0 8px; font-size: 20px; font-weight: 600; }
article { padding: 20px 0 16px; border-top: 1px solid var(--line); }
h3 { margin: 0; font-size: 14px; font-weight: 400; overflow-wrap: anywhere; } h3 code { font-size: 14px; } h3 i { font-style: normal; color: var(--accent); }
.summary { margin: 6px 0; font-size: 16px; font-weight: 600; } article p { margin: 6px 0; max-width: 70ch; }
b.GET { color: var(--get); } b.POST { color: var(--post); } b.PUT { color: var(--put); } b.PATCH { color: var(--patch); } b.DELETE { color: var(--delete); }
b.GET, b.POST, b.PUT, b.PATCH, b.DELETE { font: 600 11px/1 ui-monospace, Menlo, Consolas, monospace; letter-spacing: .02em; }
.scopes { color: var(--quiet); font-size: 13px; } .scopes span { padding: 1px 7px; border: 1px solid var(--line); border-radius: 999px; color: var(--ink); font-size: 12px; }
table { width: 100%; margin: 10px 0; border-collapse: collapse; font-size: 13px; } th { text-align: left; font-weight: 600; color: var(--quiet); }
th, td { padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; } td em { color: var(--delete); font-style: normal; font-size: 12px; }
tr:target, article:target { background: var(--raised); }
details { margin: 6px 0; border: 1px solid var(--line); border-radius: 6px; } summary { padding: 6px 10px; cursor: pointer; font-size: 13px; }
details > p { margin: 0 10px; } pre { margin: 8px; padding: 10px; max-height: 420px; overflow: auto; background: var(--raised); border-radius: 6px; }
.status { color: var(--quiet); } .s2 { color: var(--get); } .s3 { color: var(--post); } .sd { color: var(--delete); }
[hidden] { display: none !important; }
@media (max-width: 860px) { body { display: block; } nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); } main { padding: 24px 16px 64px; } }
`;

export const REFERENCE_SCRIPT = `
"use strict";
const filter = document.getElementById("filter");
const articles = [...document.querySelectorAll("article")].map((element) => ({ element, text: element.querySelector("h3").textContent.toLowerCase() + " " + element.querySelector(".summary").textContent.toLowerCase() }));
filter.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  for (const { element, text } of articles) {
    element.hidden = !text.includes(wanted);
    document.querySelector('nav a[href="#' + element.id + '"]').hidden = element.hidden;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== filter) { event.preventDefault(); filter.focus(); }
});
const openTarget = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();
`;
