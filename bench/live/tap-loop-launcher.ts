/**
 * Makes TAPs and table exactly as `netemu up --no-offload` does and hands them to the C loop:
 * `tap-loop-launcher.js LOOP DEVICE RULE`, in the namespace of the device. It prints `live PID` and runs
 * until SIGTERM; table and TAPs end with it and the loop.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chooseDevices } from '../../src/host/devices.js';
import { Nftables } from '../../src/host/libnftables.js';
import { markOf, tableCommands } from '../../src/host/nft-table.js';
import { configureTaps, openTaps, tapNames } from '../../src/host/taps.js';
import { parseRule } from '../../src/rules/parse.js';

const INSTANCE = 'cloop';
const INSTANCE_INDEX = 1;
/** Where the loop finds the TAPs: after standard input, output and error. */
const TX_FD = 3;
const RX_FD = 4;

const [program, deviceName, rule] = process.argv.slice(2);
const [device] = await chooseDevices([deviceName]);
const taps = openTaps(tapNames(INSTANCE, 0, device), device, false);
await configureTaps([{ ...device, taps }], INSTANCE_INDEX);

const numbers = [TX_FD, RX_FD, device.index, markOf(INSTANCE_INDEX), INSTANCE_INDEX];
const loop = spawn(program, numbers.map(String), {
  stdio: ['ignore', 'pipe', 'inherit', taps.txFd, taps.rxFd],
});
process.on('SIGTERM', () => loop.kill('SIGKILL'));
loop.on('exit', () => process.exit());
await once(loop.stdout!, 'data');

const nft = new Nftables();
nft.run(
  tableCommands({
    instance: INSTANCE,
    instanceIndex: INSTANCE_INDEX,
    devices: [{ ...device, taps }],
    rules: [parseRule(rule)],
    exempt: null,
  }),
);
console.log(`live ${loop.pid}`);
