/**
 * Makes namespace, TUNs and table exactly as `netemu run` does and hands the TUNs to the C loop:
 * `tun-loop-launcher.js LOOP headers|plain`, in the caller's namespace. It prints `live PID FD` (of the
 * loop; of this process, the new namespace) and runs until SIGTERM; all of it ends with it and the loop.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Masquerade } from '../../src/host/masquerade.js';
import * as link from '../../src/host/run-link.js';
import { chooseAddresses } from '../../src/host/subnet.js';
import { UnnamedNamespace } from '../../src/host/unnamed-namespace.js';

const INSTANCE = 'cloop';
/** As `netemu run` has it by default. */
const MTU = 1_500;
const DNS_PORT = 53;
/** Where the loop finds the TUNs: after standard input, output and error. */
const INSIDE_FD = 3;
const OUTSIDE_FD = 4;

const [program, headers] = process.argv.slice(2);
const addresses = await chooseAddresses();
const options = { addresses, mtu: MTU, offload: headers === 'headers', isPrivate: false };
const settings = link.readSettings();
const namespace = new UnnamedNamespace();
const insideFd = namespace.within(() => link.openNear(options, settings));
const device = link.farName(INSTANCE);
const outsideFd = link.openFar(device, options);
link.forwardFrom(device);

const loop = spawn(program, [INSIDE_FD, OUTSIDE_FD].map(String), {
  stdio: ['ignore', 'pipe', 'inherit', insideFd, outsideFd],
});
process.on('SIGTERM', () => loop.kill('SIGKILL'));
loop.on('exit', () => process.exit());
await once(loop.stdout!, 'data');

const way = { instance: INSTANCE, device, addresses, ipv6: true, opened: [] };
new Masquerade(way).leadQueries(DNS_PORT);
console.log(`live ${loop.pid} ${namespace.fd}`);
