/**
 * The SSH connection that netemu was started over must live, whatever the rules say. A connection
 * is a program that sends the next byte when the last has come back.
 */
import { expect } from 'vitest';
import { test } from '../support/live-test.js';
import type { NetnsLab, Running } from '../support/netns-lab.js';

const SSHD_PORT = 4_022;
const UNTOUCHED_PORT = 4_023;
/** What the untouched connection gets through before the others are looked at: above 0.6 s. */
const ECHOES = 30;

for (const version of [4, 6] as const) {
  test(`the connection that started it lives, others are cut: IPv${version}`, async ({ lab }) => {
    const [near, far] = version === 4 ? [lab.near4, lab.far4] : [lab.near6, lab.far6];
    const { ssh, other, progress } = await connect(lab, near);
    lab.setVariable('SSH_CONNECTION', `${far} 40001 ${near} ${SSHD_PORT}`);
    const rules = [`tcp:${UNTOUCHED_PORT} loss 0%`, 'any partition'];

    const up = await lab.up(...rules);
    expect(await progress()).toEqual({ ssh: 'lives', other: 'is cut' });
    expect((await lab.status()).rules[1].in.dropped.partition).toBeGreaterThan(0);
    await up.end();
    // TCP tries again by itself, after seconds at most.
    await nextEchoes(other, 5);

    await lab.up('--include-ssh', ...rules);
    expect(await progress()).toEqual({ ssh: 'is cut', other: 'is cut' });
    expect(ssh.isRunning && other.isRunning).toBe(true);
  });
}

async function connect(lab: NetnsLab, near: string) {
  for (const port of [SSHD_PORT, UNTOUCHED_PORT]) {
    await lab.program(lab.near, 'tcp-echo.mjs', near, port).printed(/ready/);
  }
  const ticker = (port: number, localPort: number) =>
    lab.program(lab.far, 'tcp-ticker.mjs', near, port, localPort);
  const ssh = ticker(SSHD_PORT, 40_001);
  const other = ticker(SSHD_PORT, 40_002);
  const untouched = ticker(UNTOUCHED_PORT, 40_003);
  for (const each of [ssh, other, untouched]) await each.printed(/echo 3\n/);
  const progress = async () => {
    const before = [ssh, other].map(echoes);
    await nextEchoes(untouched, ECHOES);
    const [ssher, otherer] = [ssh, other].map((each, i) => echoes(each) - before[i]);
    return { ssh: lives(ssher), other: lives(otherer) };
  };
  return { ssh, other, progress };
}

/** One echo may have been printed and not been read when the path went live. */
function lives(progressed: number): string {
  if (progressed <= 1) return 'is cut';
  return progressed > ECHOES / 3 ? 'lives' : `has crawled on by ${progressed} of ${ECHOES}`;
}

function echoes(connection: Running): number {
  return connection.stdout.split('\n').length - 1;
}

async function nextEchoes(connection: Running, count: number): Promise<void> {
  await connection.printed(new RegExp(`echo ${echoes(connection) + count}\n`));
}
