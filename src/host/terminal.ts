/** Who a terminal's keys reach: Ctrl-C and Ctrl-\ go to its foreground process group, all of it. */
import { readFileSync } from 'node:fs';

/** Whether both this process and the other one are in the terminal's foreground, and so got the key. */
export function shareForeground(pid: number): boolean {
  const own = readGroup('self');
  const other = readGroup(pid);
  return own?.isForeground === true && own.group === other?.group;
}

function readGroup(pid: number | 'self'): { group: number; isForeground: boolean } | null {
  try {
    return parseGroup(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** `stat` is that of proc(5): pid (comm) state ppid pgrp session tty_nr tpgid … */
export function parseGroup(stat: string): { group: number; isForeground: boolean } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [group, , terminal, foreground] = fields.slice(2).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { group, isForeground: terminal !== 0 && foreground === group };
}
