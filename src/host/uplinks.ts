/** The devices by which a namespace reaches the world: packets of `netemu run` come back by them. */
import { z } from 'zod';
import { environmentError, usageError } from '../errors.js';
import { type Device, listDevices } from './devices.js';
import { runProgram } from './program.js';

const RouteJson = z.array(
  z.object({
    dev: z.string().optional(),
    nexthops: z.array(z.object({ dev: z.string().optional() })).optional(),
  }),
);

/** An address of the world: only the routes are asked, nothing is sent. */
const SOMEWHERE = '1.1.1.1';

/**
 * Those of the IPv4 default routes of all tables, of the route that packets really take (VPNs do without
 * a default route), and the `further` ones. Errors: E_NO_DEVICE, E_NO_UPLINK.
 */
export async function findUplinks(further: readonly string[]): Promise<Device[]> {
  const devices = await listDevices();
  const known = (name: string) => devices.find((device) => device.name === name);
  for (const name of further) {
    if (known(name)) continue;
    const there = devices.map((device) => device.name).join(', ');
    const message = `--uplink ${name}: there is no device "${name}"`;
    throw usageError('E_NO_DEVICE', message, `there are: ${there}`);
  }
  const routes = await Promise.all([
    routesOf('route', 'show', 'table', 'all', 'default'),
    routesOf('route', 'get', SOMEWHERE),
  ]);
  const names = new Set([...routes.flat(), ...further]);
  const uplinks = [...names].map(known).filter((device) => device && !device.loopback);
  if (uplinks.length > 0) return uplinks as Device[];
  throw environmentError(
    'E_NO_UPLINK',
    'there is no IPv4 default route here, so the command would have no way out',
    '--uplink DEV names a device that leads to where it shall reach; --private needs none',
  );
}

async function routesOf(...args: string[]): Promise<string[]> {
  // Without a route `get` fails, and that is an answer.
  const json = await runProgram('ip', ['-j', '-4', ...args]).catch(() => '[]');
  return RouteJson.parse(JSON.parse(json || '[]'))
    .flatMap(({ dev, nexthops = [] }) => [dev, ...nexthops.map((hop) => hop.dev)])
    .filter((dev) => dev !== undefined);
}
