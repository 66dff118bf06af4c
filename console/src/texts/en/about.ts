// The page about the program; what it says stands in docs/compare.md.

export const about = {
  title: "About Tributary",
  table: "Table",
};
