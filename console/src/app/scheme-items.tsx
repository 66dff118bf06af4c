// Light, dark, or as the system has it.
import { Menu, useMantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../texts/texts.ts";

const choices = [
  { scheme: "auto", Icon: IconDeviceDesktop },
  { scheme: "light", Icon: IconSun },
  { scheme: "dark", Icon: IconMoon },
] as const;

export function SchemeItems(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return choices.map(({ scheme, Icon }) => (
    <Menu.Item key={scheme} role="menuitemradio" aria-checked={colorScheme === scheme} leftSection={<Icon size={16} />} rightSection={colorScheme === scheme ? <IconCheck size={14} /> : null} onClick={() => setColorScheme(scheme)}>
      {texts.navigation.scheme[scheme]}
    </Menu.Item>
  ));
}
