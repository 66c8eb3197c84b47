/**
 * The scenarios of quic-network-simulator under their own names, with their parameters as the README.md
 * and the source of each (below `sim/scenarios/`) define them. The client is the host that netemu runs
 * on, so "to server" is `out`. There all happens to UDP alone: here the rule's match says to what.
 */

import { wrongValue } from '../values.js';
import type { Word } from '../words.js';
import type { Argument, Arguments, Expansion, Profile } from './profile.js';
import {
  bandwidthOf,
  countOf,
  delayOf,
  durationOf,
  listOf,
  percentOf,
  wordOf,
} from './simulator-arguments.js';

const SOURCE = 'quic-network-simulator';

/** What the simulator wants to be told always, and quic-interop-runner tells it so unless it matters. */
const LINK = ['delay', 'bandwidth', 'queue'] as const;
const RATES = ['rate_to_client', 'rate_to_server', 'burst_to_client', 'burst_to_server'] as const;

const RATES_EXAMPLE =
  '--rate_to_client=10 --rate_to_server=10 --burst_to_client=3 --burst_to_server=3';

/** `simple-p2p --delay=15ms --bandwidth=10Mbps --queue=25`: a link and a queue for each direction. */
function linkOf(given: Arguments): Expansion {
  return {
    rate: from(given, 'bandwidth', bandwidthOf) ?? '10mbit',
    queue: `${from(given, 'queue', (value) => countOf(value, 'a number of packets', '--queue=25')) ?? 25}p`,
    delay: from(given, 'delay', delayOf) ?? '15ms',
  };
}

const simpleP2p: Profile = {
  name: 'simple-p2p',
  summary: 'a link and nothing else',
  source: SOURCE,
  parameters: LINK,
  expand: linkOf,
};

const dropRate: Profile = {
  name: 'drop-rate',
  summary: 'loses packets at random, so many in a row at most',
  source: SOURCE,
  parameters: [...LINK, ...RATES],
  example: RATES_EXAMPLE,
  expand: (given, name) => ({ ...linkOf(given), loss: ratesOf(given, name, '') }),
};

const corruptRate: Profile = {
  name: 'corrupt-rate',
  summary: 'damages packets near their beginning',
  source: SOURCE,
  notes: [
    'one bit of the first 50 bytes is flipped, where the simulator writes another byte',
    'Version Negotiation packets, which the simulator spares, are damaged like all others',
  ],
  parameters: [...LINK, ...RATES],
  example: RATES_EXAMPLE,
  // The simulator computes the UDP checksum anew, so that the fault reaches the QUIC stack.
  expand: (given, name) => ({
    ...linkOf(given),
    corrupt: ratesOf(given, name, ' first 50 checksum-ok'),
  }),
};

const dropList: Profile = {
  name: 'droplist',
  summary: 'loses packets by their number',
  source: SOURCE,
  notes: ['numbers count the packets of each flow; in the simulator, those of the whole link'],
  parameters: [...LINK, 'drops_to_client', 'drops_to_server'],
  example: '--drops_to_client=1,3,4 --drops_to_server=5',
  expand: (given) => {
    const toServer = from(given, 'drops_to_server', (value) => `out:nth ${listOf(value)}`);
    const toClient = from(given, 'drops_to_client', (value) => `in:nth ${listOf(value)}`);
    const loss = [toServer, toClient].filter((each) => each !== null).join(' ');
    return { ...linkOf(given), ...(loss === '' ? {} : { loss }) };
  },
};

const DIRECTIONS = { both: '', toclient: 'in:', toserver: 'out:' } as const;

const blackhole: Profile = {
  name: 'blackhole',
  summary: 'works and is dead by turns',
  source: SOURCE,
  notes: [
    '--repeat is 1 when nothing is said, as in the simulator: one outage, then the link works for good',
  ],
  parameters: [...LINK, 'on', 'off', 'repeat', 'direction'],
  expand: (given) => {
    const on = from(given, 'on', durationOf) ?? '5s';
    const off = from(given, 'off', durationOf) ?? '2s';
    const words = ['both', 'toclient', 'toserver'] as const;
    const direction = from(given, 'direction', (value) => wordOf(value, words)) ?? 'both';
    const repeat =
      from(given, 'repeat', (value) => countOf(value, 'a number of outages', '--repeat=1')) ?? '1';
    const times = `on ${on} off ${off} times ${repeat}`;
    return { ...linkOf(given), outage: `${DIRECTIONS[direction]}${times}` };
  },
};

const rebind: Profile = {
  name: 'rebind',
  summary: 'gives the client another port, or address, again and again',
  source: SOURCE,
  notes: [
    'with --first-rebind alone it happens once, as there',
    '--rebind-addr takes the prefix of the new addresses: there it is that of the client',
  ],
  parameters: [...LINK, 'first-rebind', 'rebind-freq', 'rebind-addr'],
  expand: (given) => {
    const isOnce = given.has('first-rebind') && !given.has('rebind-freq');
    const first = from(given, 'first-rebind', durationOf) ?? '1s';
    const every = from(given, 'rebind-freq', durationOf) ?? '5s';
    const address = from(given, 'rebind-addr', addressOf) ?? '';
    const times = isOnce ? `${first} once` : `${every} first ${first}`;
    return { ...linkOf(given), rebind: `${times}${address}` };
  },
};

export const SIMULATOR_SCENARIOS: readonly Profile[] = [
  ...[simpleP2p, blackhole, dropRate, corruptRate, dropList, rebind],
];

/** What is said for a direction is of packets towards it: the client is here. */
function ratesOf(given: Arguments, name: Word, options: string): string {
  const rate = (to: 'client' | 'server', prefix: string) => {
    const percent = from(given, `rate_to_${to}`, percentOf);
    if (percent === null) {
      const example = `${name.text} --rate_to_client=10 --rate_to_server=10`;
      throw wrongValue(name, `${name.text} needs --rate_to_${to}, as in ${example}`);
    }
    // The simulator's README: never more in a row. (Its code let one more pass at some time.)
    const what = 'a number of packets';
    const max = from(given, `burst_to_${to}`, (value, key) => countOf(value, what, `--${key}=3`));
    return `${prefix}${percent}${max === null ? '' : ` max ${max}`}${options}`;
  };
  return `${rate('server', 'out:')} ${rate('client', 'in:')}`;
}

function addressOf(value: Word): string {
  if (value.text !== '' && value.text !== 'true') return ` address ${value.text}`;
  const sentence = '--rebind-addr needs the prefix of the new addresses';
  throw wrongValue(value, `${sentence}, as in --rebind-addr=192.0.2.0/24`);
}

/** The argument's value as `read` understands it; null when it is not given. */
function from<T>(
  given: Arguments,
  name: string,
  read: (value: Word, name: string, argument: Argument) => T,
): T | null {
  const argument = given.get(name);
  return argument === undefined ? null : read(argument.value, name, argument);
}
