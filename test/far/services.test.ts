/** All services together, on ports that need no privilege. */
import { Resolver } from 'node:dns/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openServices } from '../../src/far/services.js';
import { closedPort, TcpClient, UdpPeer, until } from './peers.js';

async function portsOf() {
  const [echo, discard, chargen, dns, http] = [
    await closedPort(),
    await closedPort(),
    await closedPort(),
    await closedPort(),
    await closedPort(),
  ];
  return { echo, discard, chargen, dns, http };
}

test.each([[null], ['::1']])('all answer on their addresses (IPv6: %s)', async (ipv6) => {
  const ports = await portsOf();
  const ipv4 = '127.0.0.3';
  const services = await openServices({ ipv4, ipv6, any4: '0.0.0.0', any6: '::', ports });
  onTestFinished(() => services.close());

  for (const own of ipv6 === null ? [ipv4] : [ipv4, ipv6]) {
    const client = await UdpPeer.at(own);
    client.send(Buffer.from('echo'), ports.echo);
    await until(() => client.got.length === 1);
    expect(String(client.got[0]?.bytes)).toBe('echo');
    const resolver = new Resolver();
    resolver.setServers([own.includes(':') ? `[${own}]:${ports.dns}` : `${own}:${ports.dns}`]);
    expect(await resolver.resolve4('example.com')).toEqual([ipv4]);
    if (ipv6 !== null) expect(await resolver.resolve6('example.com')).toEqual([ipv6]);
  }

  // TCP does so on addresses that are not the responder's own, too.
  for (const host of ipv6 === null ? ['127.0.0.4'] : ['127.0.0.4', '::1']) {
    const echo = new TcpClient(ports.echo, host);
    echo.socket.end('echo');
    await until(() => echo.events.includes('close'));
    expect(String(echo.got)).toBe('echo');
    const discard = new TcpClient(ports.discard, host);
    discard.socket.end('nothing');
    await until(() => discard.events.includes('close'));
    expect([discard.events, discard.got.length]).toEqual([['end', 'close'], 0]);
    const chargen = new TcpClient(ports.chargen, host);
    await chargen.gets(100_000);
    chargen.socket.destroy();
    const dns = new TcpClient(ports.dns, host);
    dns.socket.end(Buffer.from('001100010000000100000000000000 00010001'.replace(' ', ''), 'hex'));
    await until(() => dns.events.includes('close'));
    expect(dns.got.length).toBe(2 + 17 + 16);
    const http = new TcpClient(ports.http, host);
    http.socket.write('GET /ip HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => http.got.length > 0);
    expect(String(http.got)).toMatch(/^HTTP\/1.1 200 OK/);
  }
});

test('where one of them cannot listen none does', async () => {
  const taken = await UdpPeer.at('127.0.0.5');
  const ports = { ...(await portsOf()), dns: taken.port };
  const own = '127.0.0.5';
  const opening = openServices({ ipv4: own, ipv6: null, any4: own, any6: '::', ports });
  await expect(opening).rejects.toThrow('EADDRINUSE');
  expect((await UdpPeer.at(own, ports.echo)).port).toBe(ports.echo);
});
