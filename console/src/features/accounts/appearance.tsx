// Light, dark, or as the system has it: kept in this browser.
import { SegmentedControl, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Card } from "../../ui/page.tsx";

const t = texts.accounts.appearance;
const schemes: readonly MantineColorScheme[] = ["auto", "light", "dark"];

export function Appearance(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Card title={t.title}>
      <div className="stack">
        <SegmentedControl
          aria-label={t.title} value={colorScheme} data={schemes.map((value) => ({ value, label: texts.navigation.scheme[value] }))}
          onChange={(value) => setColorScheme(schemes.find((one) => one === value) ?? "auto")}
        />
        <p className="dim">{t.text}</p>
      </div>
    </Card>
  );
}
