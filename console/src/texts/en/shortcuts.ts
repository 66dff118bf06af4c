// The list of keyboard shortcuts.

export const shortcuts = {
  title: "Keyboard shortcuts",
  list: [
    ["⌘K / Ctrl K", "Find or go to anything"],
    ["/", "Search on this page"],
    ["j  k", "Next and previous row"],
    ["Enter", "Open the row"],
    ["Esc", "Close the panel"],
    ["p", "Pause or resume the live debugger"],
    ["?", "This list"],
  ] as readonly (readonly [string, string])[],
};
