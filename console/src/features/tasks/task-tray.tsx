// The tray in the navigation: what runs by itself, so that one may leave a page and find its work again. Shown while something runs.
import { Popover, Progress } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconLoader2 } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { DemoShopAnswer } from "@tributary/schema/api/demo-shop.ts";
import type { ImportState } from "@tributary/schema/import.ts";
import { read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { tasksOf, type Task } from "./tasks.ts";
import "./task-tray.css";

const t = texts.tasks;
const IMPORTS = 20;
/** While something runs, and while nothing does: others may begin something, too. */
const BUSY_MS = 2_000;
const IDLE_MS = 30_000;

const tasksQuery = queryOptions({
  queryKey: ["tasks"],
  queryFn: async ({ signal }) => {
    const [imports, shop] = await Promise.all([
      read<{ data: ImportState[] }>("/imports", { limit: IMPORTS }, signal), read<DemoShopAnswer>("/demo-shop", {}, signal).catch(() => undefined),
    ]);
    return tasksOf(imports.data, shop);
  },
  refetchInterval: ({ state }) => ((state.data?.length ?? 0) > 0 ? BUSY_MS : IDLE_MS),
});

export function TaskTray({ isCollapsed, onGo }: { readonly isCollapsed: boolean; readonly onGo?: (() => void) | undefined }): ReactNode {
  const { data: tasks = [] } = useQuery(tasksQuery);
  const [isOpen, open] = useDisclosure(false);
  if (tasks.length === 0) return null;
  return (
    <Popover opened={isOpen} onChange={open.toggle} position="right-end" width={300} trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className="nav-item" onClick={open.toggle} {...(isCollapsed && { "aria-label": t.button(tasks.length) })}>
          <IconLoader2 size={18} stroke={1.6} className="turning" aria-hidden />{isCollapsed ? null : t.button(tasks.length)}
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.title}>
        <ul className="tasks">{tasks.map((task) => <TaskLine key={task.key} task={task} onGo={() => { open.close(); onGo?.(); }} />)}</ul>
      </Popover.Dropdown>
    </Popover>
  );
}

function TaskLine({ task, onGo }: { readonly task: Task; readonly onGo: () => void }): ReactNode {
  const name = t.kinds[task.kind](task.name);
  return (
    <li>
      <Link to={task.href} onClick={onGo}><bdi className="cut">{name}</bdi></Link>
      {task.share === undefined ? <Progress value={100} animated aria-label={name} /> : <Progress value={task.share * 100} aria-label={name} />}
      <span className="dim">{t.counts[task.kind](task.count)}</span>
    </li>
  );
}
