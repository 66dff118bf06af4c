// Writing for people: aligned tables, and one progress line that rewrites itself on a terminal and becomes plain lines
// elsewhere.

export interface Output {
  readonly isTerminal: boolean;
  out(text: string): void;
  err(text: string): void;
}

export const processOutput: Output = {
  isTerminal: process.stderr.isTTY === true,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  return rows.map((row) => `${row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  ")}\n`).join("");
}

/** What others wrote, so that it can't steer the terminal: control characters but for ends of lines and tabs are taken out. */
export function plainText(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "");
}

/** The same as one line, for a cell of a table. */
export function lineText(text: string): string {
  return plainText(text.replace(/\s+/gu, " ")).trim();
}

/** `2026-07-04 10:00:05`, in UTC. */
export function utcText(iso: string | null): string {
  return iso === null ? "" : iso.slice(0, 19).replace("T", " ");
}

export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

export function sizeText(bytes: number): string {
  return `${countText(Math.ceil(bytes / 1024 ** 2))} MiB`;
}

export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const TERMINAL_EVERY_MS = 200;
const PLAIN_EVERY_MS = 10_000;

export interface ProgressLine {
  /** Shows the text, if it is time; `nowMs` from a monotonic clock. */
  show(text: string, nowMs: number): void;
  /** Takes the line away from a terminal, so that other text can follow. */
  clear(): void;
}

export function createProgressLine(output: Output): ProgressLine {
  let shownAtMs = -Infinity;
  return {
    show: (text, nowMs) => {
      if (nowMs - shownAtMs < (output.isTerminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) return;
      shownAtMs = nowMs;
      output.err(output.isTerminal ? `\r\x1b[2K${text}` : `${text}\n`);
    },
    clear: () => {
      if (output.isTerminal) output.err("\r\x1b[2K");
    },
  };
}
