// Words and links out of a description in HTML or Markdown. Pure.
export interface Part {
  readonly text: string;
  readonly link?: string;
}

const link = /\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)|<a\s[^>]*?href=["'](https?:\/\/[^"']+)["'][^>]*>(.*?)<\/a>|(https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:])/gis;

export function partsOf(description: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const found of description.matchAll(link)) {
    const [whole, markdownText, markdownLink, htmlLink, htmlText, bare] = found;
    parts.push({ text: plain(description.slice(from, found.index)) });
    const to = markdownLink ?? htmlLink ?? bare ?? "";
    parts.push({ text: plain(markdownText ?? htmlText ?? shortened(to)), link: to });
    from = found.index + whole.length;
  }
  parts.push({ text: plain(description.slice(from)) });
  return parts.filter(({ text }) => text !== "");
}

const ADDRESS_SHOWN_MAX = 60;
const shortened = (address: string): string => (address.length > ADDRESS_SHOWN_MAX ? `${address.slice(0, ADDRESS_SHOWN_MAX)}…` : address);
const plain = (text: string): string => text.replace(/<br\s*\/?>/gi, " ").replace(/<\/?[a-z][^>]*>/gi, "").replaceAll("**", "").replace(/\s+/g, " ");
