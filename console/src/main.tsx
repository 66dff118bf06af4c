// Starts the console in the page.
import "@fontsource-variable/inter/wght.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./ui/ui.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient, router } from "./app/router.tsx";
import { texts } from "./texts/texts.ts";
import { rememberFocus } from "./ui/focus-back.ts";
import { cssVariables, theme } from "./ui/theme.ts";
import { Toasts } from "./ui/toast.tsx";

/** New with each page; what makes styles as it runs has to show it. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
// Read by what locks the page's scrolling behind a sheet.
Object.assign(globalThis, { __webpack_nonce__: nonce });
document.documentElement.lang = texts.language;
rememberFocus();

const place = document.getElementById("root");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <Toasts />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
