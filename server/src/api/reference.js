// The reference page: a filter, a key for it, and shapes that open when a link leads to them. The page reads well without it.
"use strict";
const filter = document.getElementById("filter");
const articles = [...document.querySelectorAll("article")].map((element) => ({
  element,
  text: element.querySelector("h3").textContent.toLowerCase() + " " + element.querySelector(".summary").textContent.toLowerCase(),
}));
filter.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  for (const { element, text } of articles) {
    element.hidden = !text.includes(wanted);
    document.querySelector('nav a[href="#' + element.id + '"]').hidden = element.hidden;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== filter) {
    event.preventDefault();
    filter.focus();
  }
});
const openTarget = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();
