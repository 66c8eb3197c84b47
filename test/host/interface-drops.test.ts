import { expect, test } from 'vitest';
import { parseDrops } from '../../src/host/interface-drops.js';

const PROC_NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
nt0-n1:       1       1    0    7    0     0          0         0       11      22    3   42    5     0       0          0
nr0-n1:       1       1    0    0    0     0          0         0       11      22    3    8    5     0       0          0
`;

test('the drop columns of the named devices are summed', () => {
  expect(parseDrops(PROC_NET_DEV, ['nt0-n1', 'nr0-n1'])).toEqual({ received: 7, transmitted: 50 });
  expect(parseDrops(PROC_NET_DEV, ['nr0-n1'])).toEqual({ received: 0, transmitted: 8 });
});

test('a device that is gone counts nothing', () => {
  expect(parseDrops(PROC_NET_DEV, ['nt0-n2'])).toEqual({ received: 0, transmitted: 0 });
});
