// What may stand in a source's allowed origins, for the API and for the page where they are typed.

/** `*`, or a scheme and a host, perhaps with a port; `*.` before a host stands for every name below it. */
export const originPattern = /^(\*|https?:\/\/[^\s/?#]+)$/;
export const ORIGIN_LENGTH_MAX = 300;
export const ORIGINS_MAX = 100;
