/**
 * `netemu run`: what its command finds, how it ends, and that nothing is left when it has ended. What the
 * kernel refuses and what is killed is in run-kills.test.ts.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ADDRESS4, NAME, startDnsmasq } from '../support/dns.js';
import { ip } from '../support/netns-lab.js';
import { isGone } from '../support/processes.js';
import { BEGUN, test, UPLINK } from '../support/run-lab.js';
import { startEcho } from '../support/traffic.js';
import { rememberState } from '../support/untouched.js';

const ECHO_PORT = 7;
const NOBODY = 65534;

test('the command: its exit code, its output, its network, its directory; nothing left', async ({
  lab,
  runs,
}) => {
  const untouched = await rememberState(lab);
  const { code, signal, stdout, stderr } = await runs.script(
    ['--delay', '5ms', '--seed', '7'],
    `ls /sys/class/net; ip -o addr show scope global; ip route
     ping -nqc 1 -W 5 ${lab.far4} >&2 && echo reached; ping -nqc 1 -W 5 fd00:6e65:ffff::1 >&2
     ping -nqc 1 ${lab.far6} 2>&1; ping -nqc 1 127.0.0.1 >&2 && echo loopback
     pwd; echo "$NETEMU_NAME"; exit 42`,
  );
  expect({ code, signal }, stderr).toEqual({ code: 42, signal: null });
  expect(stdout.split('\n')).toEqual([
    'lo',
    'netemu0',
    expect.stringMatching(/^2: netemu0 +inet 198\.19\.255\.2\/30 /),
    expect.stringMatching(/^2: netemu0 +inet6 fd00:6e65:ffff::2\/64 /),
    'default via 198.19.255.1 dev netemu0 ',
    expect.stringMatching(/^198\.19\.255\.0\/30 dev netemu0 /),
    'reached',
    'ping: connect: Network is unreachable',
    'loopback',
    process.cwd(),
    'n1',
    '',
  ]);
  expect(stderr).toMatch(/^netemu n1 runs by v0, seed 7: any delay 5ms\n/);
  // Its own packets and no others; the far end alone can be reached by IPv6.
  expect(stderr).toMatch(
    /\nnetemu n1 down after .*\nrule .*\nany delay 5ms +up +2 +0 +2 .*\n +down +2 +0 +2 /,
  );
  await untouched.check();
});

test('TCP and UDP reach the world; standard input and output are the command’s', async ({
  lab,
  runs,
}) => {
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const tcp = lab.program(lab.far, 'tcp-echo.mjs', lab.far4, ECHO_PORT);
  await tcp.printed(/ready/);
  const udp = `import('node:dgram').then(({ createSocket }) => {
    const socket = createSocket('udp4').once('message', (text) => { console.error('' + text); socket.close(); });
    socket.send('datagram', ${ECHO_PORT}, '${lab.far4}');
  })`;
  const running = runs.startTalking([
    ...['-q', '--loss', 'up:0%', '--'],
    ...[
      'bash',
      '-c',
      `node -e "${udp}" </dev/null; exec 3<>/dev/tcp/${lab.far4}/${ECHO_PORT}; head -c 750000 <&3 & cat >&3; wait`,
    ],
  ]);
  const text = 'a line of text\n'.repeat(50_000);
  running.child.stdin!.end(text);
  const { code, stdout, stderr } = await running.finished;
  expect({ code, bytes: stdout.length, stderr }).toEqual({
    code: 0,
    bytes: text.length,
    stderr: 'datagram\n',
  });
  expect(stdout === text).toBe(true);
});

test('what waits for its reader does not end the command', async ({ lab, runs }) => {
  // Node makes the pipes that it writes to non-blocking, for all who share them.
  const shell = `${process.execPath} dist/cli/main.js run -- seq 200000 2>&1 | { sleep 1; tail -n 4; }`;
  expect(await lab.start(lab.near, 'bash', '-c', shell).succeeded()).toMatch(
    /^200000\nnetemu n1 down/m,
  );
  expect(runs.forwarding()).toBe('0');
});

test('names are asked of what the host asks, be it 127.0.0.53', async ({ lab, runs }) => {
  lab.run(lab.near, 'ip', 'addr', 'add', '127.0.0.53/32', 'dev', 'lo');
  await startDnsmasq(lab, lab.near, '127.0.0.53');
  const untouched = await rememberState(lab);
  const file = join(lab.runtimeDir, '..', `resolv-${process.pid}.conf`);
  const script = `printf 'search example.test\\nnameserver 127.0.0.53\\noptions trust-ad timeout:2\\n' >${file}
    mount --bind ${file} /etc/resolv.conf; rm ${file}
    exec "$@"`;
  const inside = `cat /etc/resolv.conf; getent ahostsv4 www | sed 's/ .*//' | sort -u
    dig +short +tcp ${NAME}; dig +short @fd00:6e65:ffff::1 ${NAME}`;
  const netemu = [process.execPath, 'dist/cli/main.js', 'run', '-q', '--', 'sh', '-c', inside];
  const ran = lab.start(lab.near, 'unshare', '-m', 'sh', '-c', script, 'sh', ...netemu);
  expect(await ran.succeeded()).toBe(
    'nameserver 198.19.255.1\nsearch example.test\noptions timeout:2\n' +
      `${ADDRESS4}\n${ADDRESS4}\n${ADDRESS4}\n`,
  );
  expect(runs.forwarding()).toBe('0');
  await untouched.check();
});

test('the caller’s user is kept, and netemu ends by the signal that ended the command', async ({
  lab,
  runs,
}) => {
  const untouched = await rememberState(lab);
  const sudo = { SUDO_UID: `${NOBODY}`, SUDO_GID: `${NOBODY}`, SUDO_USER: 'nobody' };
  const report = join(lab.runtimeDir, '..', `report-${process.pid}.json`);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it.
  const script = 'id -u; id -G; echo "$USER ${SUDO_UID-none}"; kill -USR1 $$';
  const running = runs.startTalking(['--report', report, '--', 'sh', '-c', script], sudo);
  const { signal, stdout } = await running.finished;
  expect({ signal, stdout }).toEqual({
    signal: 'SIGUSR1',
    stdout: `${NOBODY}\n${NOBODY}\nnobody none\n`,
  });
  expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ kind: 'run', name: 'n1' });
  expect(statSync(report).uid).toBe(NOBODY);
  await untouched.check();
});

test('a shell without a command; commands that are none', async ({ lab, runs }) => {
  const untouched = await rememberState(lab);
  const shell = runs.startTalking(['-q', '--private'], { SHELL: '/bin/bash' });
  shell.child.stdin!.end('echo "$BASH"; exit 5\n');
  expect(await shell.finished).toMatchObject({ code: 5, stdout: '/bin/bash\n', stderr: '' });

  expect(await runs.start('--', 'no-such-program').finished).toMatchObject({
    code: 127,
    stderr: 'netemu: no-such-program: there is no such command\n',
  });
  expect((await runs.start('--', '/etc/passwd').finished).code).toBe(126);
  expect(await runs.start('--', '--', 'true').finished).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^netemu: there are two -- one after another\n/),
  });
  expect(await runs.start('--loss', '1%', 'sh', '-c', 'true').finished).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /put -- before the command\n {2}netemu run --loss 1% -- sh -c true\n$/,
    ),
  });
  await untouched.check();
});

test('signals are for the command; what it leaves running is ended', async ({ lab, runs }) => {
  const untouched = await rememberState(lab);
  const script = `setsid sh -c 'echo $$ >&2; exec sleep 1000' &
    trap 'echo got; exit 7' TERM; echo ready; while :; do sleep 0.05; done`;
  const running = runs.start('-q', '--', 'sh', '-c', script);
  await running.printed(/^ready$/m);
  const [, daemon] = await running.printed(/^(\d+)\n/m);
  running.child.kill('SIGTERM');
  expect(await running.finished).toMatchObject({ code: 7, stdout: 'ready\ngot\n' });
  expect(isGone(Number(daemon))).toBe(true);
  await untouched.check();
});

test('runs side by side share the uplink; ps, status, set and down reach them', async ({
  lab,
  runs,
}) => {
  const untouched = await rememberState(lab);
  const ping = `ping -nqc 1 -W 5 ${lab.far4} >/dev/null && echo reached`;
  const first = runs.start('--delay', '1ms', '--', 'sh', '-c', 'echo ready; exec sleep 1000');
  await first.printed(/^ready$/m);
  const second = runs.startTalking(['--', 'sh', '-c', `read -r _; ${ping}`]);
  await second.printed(BEGUN);
  expect(runs.forwarding()).toBe('1');
  expect(await lab.netemu('ps').succeeded()).toMatch(/\nn1 .* ne-n1 .*\nn2 .* ne-n2 /);
  await lab.set('n1', 'any loss down:100%');
  expect(await lab.netemu('status', 'n1').succeeded()).toMatch(
    /^netemu n1 runs for .*\n.*\n.* up .*\n.* down /,
  );
  expect(await lab.netemu('down', 'n1').succeeded()).toMatch(/^netemu n1 down after/);
  expect(await first.finished).toMatchObject({ code: null, signal: 'SIGTERM' });
  expect(runs.forwarding()).toBe('1');
  second.child.stdin!.end('\n');
  expect(await second.finished).toMatchObject({ code: 0, stdout: 'reached\n' });
  expect(runs.forwarding()).toBe('0');
  await untouched.check();
});

test('a run inside a run; --for ends the command', async ({ lab, runs }) => {
  const untouched = await rememberState(lab);
  const inner = [
    process.execPath,
    'dist/cli/main.js',
    'run',
    '--delay',
    '20ms',
    '--for',
    '1500ms',
    '--',
  ];
  const ping = `ping -nc 1 -W 5 ${lab.far4}; exec sleep 1000`;
  const ran = runs.start('-q', '--delay', '30ms', '--', ...inner, 'sh', '-c', ping);
  const { code, signal, stdout, stderr } = await ran.finished;
  expect({ code, signal }, stderr).toEqual({ code: null, signal: 'SIGTERM' });
  expect(Number(/time=([\d.]+) ms/.exec(stdout)?.[1])).toBeGreaterThan(100);
  expect(stderr).toMatch(/^netemu n2 runs by netemu0, /);
  await untouched.check();
});

test('--private: every address answers, by IPv6 as well, and nothing of the caller’s is touched', async ({
  lab,
  runs,
}) => {
  const untouched = await rememberState(lab);
  ip('-n', lab.near, 'route', 'del', 'default');
  const private6 = await runs.script(
    ['-q', '--private', '--mtu', '9000'],
    `ping -nqc 1 -W 5 192.0.2.9 >/dev/null && ping -nqc 1 -W 5 2001:db8::9 >/dev/null && echo echoes
     curl -sS --max-time 10 http://somewhere.example/bytes/100000 | wc -c
     curl -sS --max-time 10 'http://[2001:db8::9]/bytes/100000' | wc -c; cat /sys/class/net/netemu0/mtu
     for server in 192.0.2.9 2001:db8::9; do dig +short +tries=1 @$server www.example.test; done`,
  );
  expect(private6).toMatchObject({
    code: 0,
    stdout: 'echoes\n100000\n100000\n9000\n198.19.255.1\n198.19.255.1\n',
    stderr: '',
  });
  const small = await runs.script(
    ['-q', '--private', '--mtu', '576'],
    'cat /sys/class/net/netemu0/mtu; ping -nqc 1 -W 5 -s 1400 192.0.2.9 >/dev/null && echo echoes',
  );
  expect(small).toMatchObject({ code: 0, stdout: '576\nechoes\n', stderr: '' });
  const without = await runs.start('--', 'true').finished;
  expect(without).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/no IPv4 default route/),
  });
  ip('-n', lab.near, 'route', 'add', 'default', 'via', lab.far4);
  await untouched.check();
});

test('a firewall that drops is named, with what lets the packets through', async ({
  lab,
  runs,
}) => {
  lab.run(
    lab.near,
    'nft',
    'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }',
  );
  const running = runs.start(
    '--',
    'sh',
    '-c',
    `ping -nqc 1 -W 1 ${lab.far4} >/dev/null; echo $?; sleep 0.1`,
  );
  const [, commands] = await running.printed(
    /netemu n1: the firewall chain ip filter FORWARD .*: (nft .*)\n/,
  );
  expect(await running.succeeded()).toBe('1\n');
  lab.run(lab.near, 'sh', '-c', commands!);
  const { stdout, stderr } = await runs.script(
    [],
    `ping -nqc 1 -W 5 ${lab.far4} >/dev/null; echo $?`,
  );
  expect({ stdout, isNamed: stderr.includes('firewall') }).toEqual({
    stdout: '0\n',
    isNamed: false,
  });
});

test('a renamed uplink gets its setting back; a link that is taken away ends the command', async ({
  lab,
  runs,
}) => {
  const untouched = await rememberState(lab);
  // Forwarding that somebody has switched on for all devices meanwhile is not taken back.
  const other = runs.start('--', 'sleep', '1000');
  await other.printed(BEGUN);
  lab.sysctl(lab.near, 'net.ipv4.ip_forward', 1);
  await other.end();
  expect(runs.forwarding()).toBe('1');
  lab.sysctl(lab.near, 'net.ipv4.ip_forward', 0);

  const running = runs.start('--', 'sleep', '1000');
  await running.printed(BEGUN);
  ip('-n', lab.near, 'link', 'set', UPLINK, 'name', 'other');
  ip('-n', lab.near, 'link', 'del', 'ne-n1');
  const { code, stderr } = await running.finished;
  expect(code).toBe(4);
  expect(stderr).toMatch(/\nnetemu: the link was taken away\n$/);
  ip('-n', lab.near, 'link', 'set', 'other', 'name', UPLINK);
  await untouched.check();
});
