// Light, dark, or as the system has it, and the language: kept in this browser.
import { NativeSelect, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { chosenLanguage, languages, storeLanguage, texts, type Language } from "../../texts/texts.ts";
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
        <NativeSelect
          label={t.language} value={chosenLanguage() ?? ""} w={260}
          data={[{ value: "", label: t.languageAuto }, ...Object.entries(languages).map(([value, label]) => ({ value, label }))]}
          onChange={(event) => {
            storeLanguage(languageOf(event.currentTarget.value));
            location.reload();
          }}
        />
        <p className="dim">{t.text}</p>
      </div>
    </Card>
  );
}

function languageOf(value: string): Language | undefined {
  return Object.keys(languages).find((one): one is Language => one === value);
}
