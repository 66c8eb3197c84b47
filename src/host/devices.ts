/** The network devices of this namespace, as `ip` tells them. */
import { z } from 'zod';
import { environmentError, usageError } from '../errors.js';
import { LinkType } from '../packet/packet-view.js';
import { runProgram } from './program.js';

export interface Device {
  readonly name: string;
  readonly index: number;
  readonly mtu: number;
  /** `02:…`; empty where the device has no Ethernet header. */
  readonly mac: string;
  readonly linkType: number;
  readonly loopback: boolean;
  readonly up: boolean;
}

const LinkJson = z.array(
  z.object({
    ifindex: z.number(),
    ifname: z.string(),
    mtu: z.number(),
    flags: z.array(z.string()),
    link_type: z.string(),
    address: z.string().optional(),
  }),
);

const RouteJson = z.array(z.object({ dev: z.string().optional() }));

export async function listDevices(): Promise<Device[]> {
  const links = LinkJson.parse(JSON.parse(await runProgram('ip', ['-j', 'link', 'show'])));
  return links.map((link) => {
    const loopback = link.link_type === 'loopback';
    const ethernet = loopback || link.link_type === 'ether';
    return {
      name: link.ifname,
      index: link.ifindex,
      mtu: link.mtu,
      mac: link.link_type === 'ether' ? (link.address ?? '') : '',
      linkType: ethernet ? LinkType.ethernet : LinkType.rawIp,
      loopback,
      up: link.flags.includes('UP'),
    };
  });
}

/** The devices with these names, or those of the default routes when there are none. */
export async function chooseDevices(names: readonly string[]): Promise<Device[]> {
  const devices = await listDevices();
  const wanted = names.length > 0 ? [...new Set(names)] : await defaultRouteDevices();
  const chosen = wanted.map((name) => {
    const device = devices.find((candidate) => candidate.name === name);
    if (device) return device;
    const known = devices.map((candidate) => candidate.name).join(', ');
    throw usageError(
      'E_NO_DEVICE',
      `--dev ${name}: there is no device "${name}"`,
      `there are: ${known}`,
    );
  });
  for (const device of chosen) {
    if (device.up) continue;
    throw environmentError(
      'E_DEVICE_DOWN',
      `the device ${device.name} is down`,
      `sudo ip link set ${device.name} up`,
    );
  }
  return chosen;
}

async function defaultRouteDevices(): Promise<string[]> {
  const names = new Set<string>();
  for (const family of ['-4', '-6']) {
    const json = await runProgram('ip', ['-j', family, 'route', 'show', 'default']);
    for (const route of RouteJson.parse(JSON.parse(json || '[]'))) {
      if (route.dev !== undefined && route.dev !== 'lo') names.add(route.dev);
    }
  }
  if (names.size > 0) return [...names];
  throw usageError(
    'E_NO_DEFAULT_ROUTE',
    'there is no default route here, so netemu cannot tell which device you mean',
    'name one: --dev lo, for example (ip link lists them)',
  );
}
