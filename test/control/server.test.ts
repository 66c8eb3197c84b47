import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as client from '../../src/control/client.js';
import * as runtime from '../../src/control/runtime-dir.js';
import { type ControlServer, serve } from '../../src/control/server.js';
import { usageError } from '../../src/errors.js';
import { FakeInstance } from './fake-instance.js';

let dir: string;
const servers: ControlServer[] = [];

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'netemu-test-'));
  vi.stubEnv('NETEMU_RUNTIME_DIR', dir);
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  vi.unstubAllEnvs();
  fs.rmSync(dir, { recursive: true });
});

async function started(instance: FakeInstance): Promise<ControlServer> {
  const server = await serve(instance);
  servers.push(server);
  return server;
}

/** A request as any HTTP client could make it. */
async function request(method: string, url: string, body?: string) {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http
      .request({ socketPath: path.join(dir, 'n1.sock'), method, path: url, agent: false })
      .once('response', resolve)
      .once('error', reject)
      .end(body);
  });
  return { status: response.statusCode, body: JSON.parse(await text(response)) };
}

test('the socket is for its owner alone and goes when it is closed', async () => {
  const server = await started(new FakeInstance());
  const file = path.join(dir, 'n1.sock');
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(runtime.instanceNames()).toEqual(['n1']);
  await server.close();
  await server.close();
  expect(fs.readdirSync(dir)).toEqual([]);
});

test('status crosses the socket unchanged', async () => {
  const instance = new FakeInstance('n1', ['udp:53 loss 1%', 'tcp delay 5ms']);
  await started(instance);
  expect(await client.getStatus('n1')).toEqual(instance.status());
});

test('set swaps the rules', async () => {
  const instance = new FakeInstance();
  await started(instance);
  const status = await client.putRules('n1', {
    rules: ['tcp:443 delay 10ms', 'udp loss 2%'],
  });
  expect(instance.rules().map(({ text }) => text)).toEqual(['tcp:443 delay 10ms', 'udp loss 2%']);
  expect(status.rules.map(({ rule }) => rule)).toEqual(['tcp:443 delay 10ms', 'udp loss 2%']);
});

const TRACE = '0\n12\n24\n';

test('set swaps them for a scenario, with the files that it names', async () => {
  const instance = new FakeInstance();
  await started(instance);
  const text = [
    'rules:',
    '  - {match: udp:53, trace: down.up}',
    'schedule: [{at: 10s, rules: [{match: udp:53, loss: 5%}]}]',
  ].join('\n');
  const scenario = { name: 'a.yaml', text };
  await client.putRules('n1', { rules: [], scenario, files: { 'down.up': TRACE } });
  expect(instance.rules().map((rule) => rule.text)).toEqual([
    'udp:53 trace down.up [at 10s loss 5%]',
  ]);
  expect(instance.rules()[0]!.impairments[0].trace?.opportunitiesMs).toEqual([0, 12, 24]);
  // The instance itself reads no file, also where there is one.
  await expect(client.putRules('n1', { rules: [], scenario })).rejects.toThrow(
    'a.yaml:2:28: cannot read "down.up": the file "down.up" was not sent along',
  );
  await expect(client.putRules('n1', { rules: ['udp trace package.json'] })).rejects.toThrow(
    'cannot read "package.json": the file "package.json" was not sent along',
  );
  await expect(
    client.putRules('n1', { rules: [], scenario: { name: 'b.yaml', text: 'rules: [udp loss 5]' } }),
  ).rejects.toMatchObject({
    ...{ code: 'E_VALUE', exitCode: 2 },
    message: expect.stringMatching(/^b\.yaml:1:18: 5 has no unit, did you mean 5%\?\n/),
  });
});

test('what is too much for one request is refused before it is sent', async () => {
  await started(new FakeInstance());
  const files = { a: '0\n'.repeat(2 ** 23) };
  await expect(client.putRules('n1', { rules: ['udp trace a'], files })).rejects.toMatchObject({
    ...{ code: 'E_REQUEST', exitCode: 2 },
    message: expect.stringMatching(
      /^the rules and the files that they name are \d+ bytes, the limit/,
    ),
  });
});

test('errors of the instance arrive as they were thrown', async () => {
  const instance = new FakeInstance();
  await started(instance);
  instance.setError = usageError('E_OVERLAP', 'it overlaps', 'netemu down n2');
  await expect(client.putRules('n1', { rules: ['udp loss 2%'] })).rejects.toMatchObject({
    code: 'E_OVERLAP',
    message: 'it overlaps',
    mend: 'netemu down n2',
    exitCode: 2,
  });
  instance.setError = new TypeError('x is undefined');
  await expect(client.putRules('n1', { rules: ['udp loss 2%'] })).rejects.toMatchObject({
    code: 'E_INTERNAL',
    exitCode: 4,
  });
  await expect(client.putRules('n1', { rules: ['upd loss 2%'] })).rejects.toThrow(
    'unknown protocol "upd", did you mean udp?',
  );
  expect(instance.rules().map(({ text }) => text)).toEqual(['udp:53 loss 0.5%']);
});

test.each([
  ['GET', '/', undefined, 'there is no GET / here'],
  ['DELETE', '/status', undefined, 'there is no DELETE /status here'],
  ['PUT', '/rules', '{', 'the request is not {"rules": ["RULE", …]} with a rule or more'],
  ['PUT', '/rules', '{"rules": []}', 'with a rule or more'],
  ['PUT', '/rules', '{"rules": [5]}', 'with a rule or more'],
  ['PUT', '/rules', '{"scenario": {"name": "a", "text": ""}}', 'with a rule or more'],
  ['PUT', '/rules', '{"rules": [], "scenario": {"name": "a"}}', 'with a rule or more'],
  ['PUT', '/rules', '{"rules": ["a"], "scenario": {"name": "a", "text": ""}}', 'a rule or more'],
  ['PUT', '/rules', '{"rules": ["udp"], "files": {"a": 5}}', 'with a rule or more'],
  ['PUT', '/rules', `{"rules": ["${'a'.repeat(2 ** 24)}"]}`, 'longer than 16777216 bytes'],
])('%s %s is refused when it makes no sense (%#)', async (method, url, body, message) => {
  await started(new FakeInstance());
  const reply = await request(method, url, body);
  expect(reply.status).toBe(400);
  expect(reply.body.error).toMatchObject({ exitCode: 2, code: 'E_REQUEST' });
  expect(reply.body.error.message).toContain(message);
});

test('stop answers when all is taken away, with the last status', async () => {
  const instance = new FakeInstance();
  const server = await started(instance);
  let release!: () => void;
  instance.stopDelay = new Promise((resolve) => {
    release = resolve;
  });
  // As `up` does: the socket goes as soon as the instance has ended.
  void instance.ended.then(() => server.close());
  let isAnswered = false;
  const reply = request('POST', '/stop').finally(() => {
    isAnswered = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isAnswered).toBe(false);
  release();
  expect(await reply).toMatchObject({ status: 200, body: { name: 'n1' } });
});

test('a socket on which nobody listens is cleared', async () => {
  // A process that binds and is killed leaves its socket behind.
  const file = path.join(dir, 'n1.sock');
  const script = `require('net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(fs.existsSync(file)).toBe(true);
  await expect(client.getStatus('n1')).rejects.toMatchObject({
    code: 'E_NO_INSTANCE',
    exitCode: 2,
  });
  expect(fs.existsSync(file)).toBe(false);
});

test('a socket that does not listen yet is left to the process that claimed it', async () => {
  const file = path.join(dir, 'n1.sock');
  const script = `require('net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  fs.renameSync(file, `${file}.kept`);
  runtime.chooseName('n1');
  fs.renameSync(`${file}.kept`, file);
  await expect(client.getStatus('n1')).rejects.toMatchObject({ code: 'E_NO_INSTANCE' });
  expect(fs.existsSync(file)).toBe(true);
});

test('an instance that does not answer is named with its process', async () => {
  const mute = net.createServer(() => {});
  runtime.chooseName('n1');
  await new Promise<void>((resolve) => mute.listen(path.join(dir, 'n1.sock'), resolve));
  await started(new FakeInstance('n2'));
  const { statuses, silent } = await client.listInstances();
  expect(statuses.map(({ name }) => name)).toEqual(['n2']);
  expect(silent.map(({ message }) => message)).toEqual([
    `instance n1 does not answer (pid ${process.pid})`,
  ]);
  mute.close();
});

test('an answer that is no status is refused', async () => {
  const other = http.createServer((_request, response) => response.end('{"name": 5}'));
  await new Promise<void>((resolve) => other.listen(path.join(dir, 'n1.sock'), resolve));
  await expect(client.getStatus('n1')).rejects.toMatchObject({ code: 'E_REPLY', exitCode: 4 });
  other.close();
});

test('which instance is meant', async () => {
  expect(() => client.pickInstance(undefined)).toThrow(/^no instance is running$/);
  expect(() => client.pickInstance('n7')).toThrow(
    'there is no instance "n7"; no instance is running',
  );
  await started(new FakeInstance('n1'));
  expect(client.pickInstance(undefined)).toBe('n1');
  expect(() => client.pickInstance('n7')).toThrow('there is no instance "n7"; n1 is running');
  await started(new FakeInstance('n2'));
  expect(client.pickInstance('n2')).toBe('n2');
  expect(() => client.pickInstance(undefined)).toThrow('2 instances are running: n1, n2');
});

test('a second instance of a name is refused', async () => {
  await started(new FakeInstance('n1'));
  expect(() => runtime.chooseName('n1')).toThrow('an instance of that name is running');
});
