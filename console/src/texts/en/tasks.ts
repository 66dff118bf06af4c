// Long work that goes on by itself.
import { count, plural } from "../words.ts";

export const tasks = {
  title: "Running tasks",
  button: (n: number) => plural(n, "task runs", "tasks run"),
  kinds: {
    import: (name: string) => `Import: ${name}`,
    withdrawal: (name: string) => `Taking back: ${name}`,
    demoShop: () => "Loading the demo shop",
    demoShopRemoval: () => "Removing the demo shop",
  },
  counts: {
    import: (n: number) => `${count(n)} lines read`,
    withdrawal: (n: number) => `${count(n)} lines`,
    demoShop: (n: number) => `${count(n)} events`,
    demoShopRemoval: (n: number) => `${count(n)} rows removed`,
  },
};
