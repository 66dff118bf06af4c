// Masks as expressions of ClickHouse, after governance/mask.ts: what it would show of a value, or less. Within a view, so that whatever a
// statement compares, sorts or counts is the mask and not what is below it.
import { MASK, type MaskKind } from "../governance/governance.ts";

const mask = `'${MASK}'`;
const pattern = (regexp: string): string => `'${regexp.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

// Without bounds: of repeated classes the engine's patterns take seconds to be read.
const isEmail = pattern(String.raw`^[^\s@"<>]+@[^\s@"<>]+\.[^\s@"<>]+$`);
const isPhone = pattern(String.raw`^\+[\d\s().-]+$`);
const isPlainNumber = pattern(String.raw`^[\d\s.,:+-]+$|^\d{4}-\d{2}-\d{2}([T ][\d:.Z+-]*)?$`);
const emailWithin = pattern(String.raw`[^\s@"'<>()\[\]{},;:/\\?&=|]+@[^\s@"'<>()\[\]{},;:/\\?&=|]+`);
const numberWithin = pattern(String.raw`\+?\d[\d\s().-]{6}[\d\s().-]*\d`);
const first = (x: string): string => `extract(${x}, '^[\\\\p{L}\\\\p{N}]')`;

const email = (x: string): string => `concat(${first(x)}, ${mask}, extract(${x}, '@[^@]*$'))`;
/** Without the country, which the engine can't tell. */
const phone = (x: string): string => `if(length(replaceRegexpAll(${x}, '[^0-9]', '')) < 7, ${mask}, concat(${mask}, right(replaceRegexpAll(${x}, '[^0-9]', ''), 2)))`;
const id = (x: string): string => `if(lengthUTF8(${x}) < 8 or not match(${x}, '^[\\\\p{L}\\\\p{N}_-]{2}'), ${mask}, concat(substringUTF8(${x}, 1, 2), ${mask}))`;
const words = (x: string): string => `if(lengthUTF8(${x}) < 4, ${mask}, concat(${first(x)}, ${mask}))`;

/** An e-mail address, a number of five digits or more, or letters and digits mixed in ten characters or more. */
const isTelling = (part: string): string =>
  `(match(decodeURLComponent(${part}), ${pattern(String.raw`@|\d[\d\s().+-]{3,}\d`)}) or (length(${part}) >= 10 and match(${part}, '[0-9]') and match(${part}, '[A-Za-z]')))`;
/** The page: neither query nor fragment, nor parts of the path that tell of somebody. */
const url = (x: string): string => {
  const origin = `extract(${x}, ${pattern("^([a-z][a-z0-9+.-]*://[^/?#@]*)(?:[/?#]|$)")})`;
  const path = `extract(${x}, ${pattern("^(?:[a-z][a-z0-9+.-]*://[^/?#]*)?(/[^?#]*)")})`;
  const parts = `arrayStringConcat(arrayMap(__part -> if(${isTelling("__part")}, ${mask}, __part), splitByChar('/', ${path})), '/')`;
  return `concat(${origin}, ${parts}, if(position(${x}, '?') > 0, '?${MASK}', ''))`;
};

/** The text is worked out once, and the engine reads it once: written out at each place, masks take it seconds to take in. */
function masking(kind: MaskKind, x: string): string {
  const body = (t: string): string => {
    switch (kind) {
      case "secret":
      case "ip": return mask;
      case "email":
      case "text":
      case "name": return looked(t, words(t));
      case "phone": return looked(t, phone(t), phone(t));
      case "id": return looked(t, id(t), id(t));
      case "url": return `if(match(${t}, ${pattern(String.raw`^([a-z][a-z0-9+.-]*://|/)\S*$`)}), ${url(t)}, ${looked(t, words(t))})`;
    }
  };
  return `arrayMap(__t -> if(__t = '', '', ${body("__t")}), [trimBoth(${x})])[1]`;
}

/** Of a text. Nothing stays nothing. */
export function maskSql(kind: MaskKind, x: string): string {
  return masking(kind, x);
}

/** Of a text that may be null. */
export function maskNullable(kind: MaskKind, x: string): string {
  return `if(isNull(${x}), null, ${masking(kind, `ifNull(${x}, '')`)})`;
}

/** What it looks like counts before what it is called. */
function looked(t: string, otherwise: string, number = mask): string {
  return `multiIf(match(${t}, ${isEmail}), ${email(t)}, match(${t}, ${isPhone}), ${phone(t)}, match(${t}, ${isPlainNumber}), ${number}, ${otherwise})`;
}

/** Of a name of something, in which a sender may have put a person; and of values that nobody holds to be personal. */
export function maskWithinSql(x: string): string {
  return `replaceRegexpAll(replaceRegexpAll(${x}, ${emailWithin}, ${mask}), ${numberWithin}, ${mask})`;
}

export function maskEmailsSql(x: string): string {
  return `replaceRegexpAll(${x}, ${emailWithin}, ${mask})`;
}

/** Something is there, and what it is is not told. */
export function hiddenSql(x: string): string {
  return `if(isNull(${x}), null, ${mask})`;
}

/** Of a text that is there. */
export function emptyOrHiddenSql(x: string): string {
  return `if(${x} = '', '', ${mask})`;
}
