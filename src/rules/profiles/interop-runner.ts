/**
 * The test cases of quic-interop-runner that have a network of their own, as `testcases_quic.py` there has
 * them: a scenario of the simulator with certain arguments. What is given beside the name replaces those.
 */

import type { Word } from '../words.js';
import type { Arguments, Profile } from './profile.js';
import { SIMULATOR_SCENARIOS } from './simulator.js';

/** `blackhole` is the case of that name as it stands: 5 s on and 2 s off if nothing else is said. */
export const INTEROP_CASES: readonly Profile[] = [
  testCase('goodput', 'the plain link on which goodput is measured', 'simple-p2p'),
  testCase('longrtt', 'a handshake over a round trip of 1.5 s', 'simple-p2p --delay=750ms'),
  testCase(
    'handshakeloss',
    'handshakes (50 of them) that lose 30%',
    'drop-rate --rate_to_server=30 --rate_to_client=30 --burst_to_server=3 --burst_to_client=3',
  ),
  testCase(
    'transferloss',
    'a transfer that loses 2%',
    'drop-rate --rate_to_server=2 --rate_to_client=2 --burst_to_server=3 --burst_to_client=3',
  ),
  testCase(
    'handshakecorruption',
    'handshakes of which 30% of the packets are damaged',
    'corrupt-rate --rate_to_server=30 --rate_to_client=30 --burst_to_server=3 --burst_to_client=3',
  ),
  testCase(
    'transfercorruption',
    'a transfer of which 2% of the packets are damaged',
    'corrupt-rate --rate_to_server=2 --rate_to_client=2 --burst_to_server=3 --burst_to_client=3',
  ),
  // The ClientHello passes, what repeats it does not.
  testCase(
    'amplificationlimit',
    'loses what would let the server send more',
    'droplist --drops_to_server=2,3,4,5,6,7',
  ),
  testCase(
    'rebind-port',
    'gives the client another port after 1 s and each 5 s',
    'rebind --first-rebind=1s --rebind-freq=5s',
  ),
  testCase(
    'rebind-addr',
    'the same with another address, out of --rebind-addr=PREFIX',
    'rebind --first-rebind=1s --rebind-freq=5s --rebind-addr',
    '--rebind-addr=198.51.100.0/24',
  ),
];

function testCase(name: string, summary: string, command: string, example?: string): Profile {
  const [scenarioName, ...words] = command.split(' ');
  const scenario = SIMULATOR_SCENARIOS.find((each) => each.name === scenarioName)!;
  const defaults = (at: Word): Arguments =>
    new Map(
      words.map((word) => {
        const [key, value = ''] = word.slice(2).split('=');
        return [key, { word: at, value: { text: value, at: at.at } }];
      }),
    );
  return {
    name,
    summary,
    source: `quic-interop-runner: ${command}`,
    parameters: scenario.parameters,
    ...(scenario.notes === undefined ? {} : { notes: scenario.notes }),
    ...(example === undefined ? {} : { example }),
    expand: (given, at) => scenario.expand(new Map([...defaults(at), ...given]), at),
  };
}
