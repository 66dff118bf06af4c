// The look as Mantine's theme: neutral greys, one accent, 14 px, corners of 6 px. Everything else is in ui.css.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";
import { decimalSeparator } from "./format.ts";

const teal: MantineColorsTuple = ["#eef8f6", "#d6eeea", "#aadcd5", "#78c5bb", "#48aba0", "#248f85", "#0f766e", "#0c635d", "#0a504b", "#083d3a"];
/** Dark enough at its sixth that white can be read on it. */
const red: MantineColorsTuple = ["#fdf0ef", "#fbe0de", "#f5beba", "#ef9a94", "#e87770", "#d64a42", "#b3261e", "#9a1f18", "#7f1a14", "#651510"];
const gray: MantineColorsTuple = ["#fafafa", "#f4f4f4", "#ebebeb", "#dedede", "#cccccc", "#a8a8a8", "#7d7d7d", "#5c5c5c", "#3d3d3d", "#262626"];

export const theme = createTheme({
  primaryColor: "teal",
  primaryShade: { light: 6, dark: 6 },
  colors: { teal, red, gray },
  black: "#1c1c1c",
  fontFamily: "'Inter Variable', Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'Noto Sans Mono', 'Liberation Mono', monospace",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "17px", xl: "22px" },
  lineHeights: { xs: "1.35", sm: "1.4", md: "1.45", lg: "1.35", xl: "1.25" },
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "22px", lineHeight: "28px" }, h2: { fontSize: "17px", lineHeight: "24px" }, h3: { fontSize: "14px", lineHeight: "20px" } } },
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    Button: { defaultProps: { size: "xs" }, styles: { root: { height: 32, fontSize: 13, fontWeight: 600 } } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: 32 } },
    TextInput: { defaultProps: { size: "sm" }, styles: { input: { minHeight: 32, height: 32 } } },
    PasswordInput: { defaultProps: { size: "sm" }, styles: { input: { minHeight: 32, height: 32 }, innerInput: { height: 30 } } },
    Select: { defaultProps: { size: "sm" }, styles: { input: { minHeight: 32, height: 32 } } },
    NativeSelect: { styles: { input: { minHeight: 32, height: 32, lineHeight: "30px" } } },
    NumberInput: { defaultProps: { decimalSeparator, allowedDecimalSeparators: [".", ","] }, styles: { input: { minHeight: 32, height: 32 } } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false, multiline: true, maw: 420, transitionProps: { duration: 80 }, events: { hover: true, focus: true, touch: false } } },
    InputWrapper: { styles: { description: { fontSize: 12, lineHeight: 1.4 } } },
    // Its words would change colour slowly, with too little contrast on the way.
    SegmentedControl: { defaultProps: { transitionDuration: 0 } },
    Modal: { defaultProps: { transitionProps: { duration: 100 } } },
    Drawer: { defaultProps: { transitionProps: { duration: 120 } } },
  },
});

/** Text that is less important still has a contrast of AA. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { "--mantine-color-dimmed": "#616161", "--mantine-color-placeholder": "#6f6f6f", "--mantine-color-anchor": "#0c635d", "--mantine-color-body": "#ffffff", "--mantine-color-error": "#b3261e" },
  dark: { "--mantine-color-dimmed": "#a8a8a8", "--mantine-color-placeholder": "#a0a0a0", "--mantine-color-anchor": "#78c5bb", "--mantine-color-body": "#161616", "--mantine-color-error": "#f28b82" },
});
