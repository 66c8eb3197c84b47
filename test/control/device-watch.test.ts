import { expect, test, vi } from 'vitest';
import { DeviceWatch } from '../../src/control/device-watch.js';
import type { SteeredDevice } from '../../src/host/nft-table.js';
import { LinkType } from '../../src/packet/packet-view.js';
import type { LinkChange } from '../../src/tun/link-monitor.js';

const DEVICE: SteeredDevice = {
  name: 'v0',
  index: 5,
  mtu: 1500,
  mac: '02:00:00:00:00:01',
  linkType: LinkType.ethernet,
  loopback: false,
  up: true,
  taps: { tx: 'nt0-n1', rx: 'nr0-n1' },
};

function watching(...devices: SteeredDevice[]) {
  const said: string[] = [];
  const steer = vi.fn(async () => {});
  const watch = new DeviceWatch(devices, {
    notice: (line) => said.push(line),
    steer,
    onSteerFailed: (error) => said.push(`failed: ${error.message}`),
    onLastDeviceGone: (sentence) => said.push(`last: ${sentence}`),
  });
  const change = (part: Partial<LinkChange>) =>
    watch.onLinkChange({ index: 5, name: 'v0', mac: DEVICE.mac, up: true, gone: false, ...part });
  return { watch, said, steer, change };
}

test('a message that tells neither name nor address changes nothing', () => {
  const { watch, said, steer, change } = watching(DEVICE);
  change({ name: null, mac: null });
  expect([watch.devices, said, steer.mock.calls.length]).toEqual([[DEVICE], [], 0]);
});

test('another name or address asks for a new table', () => {
  const { watch, said, steer, change } = watching(DEVICE);
  change({ name: 'v9' });
  change({ name: 'v9', mac: '02:00:00:00:00:02' });
  expect(watch.devices).toEqual([{ ...DEVICE, name: 'v9', mac: '02:00:00:00:00:02' }]);
  expect(said).toEqual(['device v0 is now called v9']);
  expect(steer).toHaveBeenCalledTimes(2);
});

test('the last device that goes is another matter than one of two', () => {
  const { said, steer, change } = watching(DEVICE, { ...DEVICE, name: 'v1', index: 6 });
  change({ gone: true });
  expect(steer).toHaveBeenCalledTimes(1);
  change({ index: 6, name: 'v1', gone: true });
  expect(said).toEqual([
    'device v0 is gone (deleted or moved away)',
    'last: device v1 is gone (deleted or moved away)',
  ]);
});

test('a comparison finds what nobody told', () => {
  const { watch, said } = watching(DEVICE, { ...DEVICE, name: 'v1', index: 6 });
  watch.compare([{ ...DEVICE, name: 'v7' }]);
  expect(said).toEqual(['device v0 is now called v7', 'device v1 is gone (deleted or moved away)']);
  expect(watch.devices.map(({ name }) => name)).toEqual(['v7']);
});

test('after its end it asks for nothing', () => {
  const { watch, said, steer, change } = watching(DEVICE);
  watch.close();
  change({ name: 'v9' });
  change({ gone: true });
  expect([said, steer.mock.calls.length]).toEqual([[], 0]);
});
