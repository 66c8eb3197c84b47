/** What each profile stands for, in all spellings, and what is said when one is given wrong. */

import { describe, expect, test } from 'vitest';
import { NO_FILES } from '../../src/rules/files/rule-files.js';
import { parseRule, ruleFromFlags } from '../../src/rules/parse.js';
import { NOT_OFFERED, PROFILE_NAMES, PROFILES } from '../../src/rules/profiles/catalogue.js';
import { expandProfile } from '../../src/rules/profiles/expand.js';
import { parseScenario } from '../../src/rules/scenario/scenario.js';
import { formatSetting } from '../../src/rules/settings.js';
import { Words } from '../../src/rules/words.js';
import { errorOf, shown } from '../support/rule-errors.js';

function expand(text: string): string {
  return formatSetting(expandProfile(new Words(text), NO_FILES));
}

const LINK = 'rate 10mbit queue 25p delay 15ms';

describe('stand for', () => {
  test.each([
    // webpagetest.org: down/up, round trip.
    ['2g', 'rate out:256kbit in:280kbit queue 50p delay 400ms'],
    ['edge', 'rate out:200kbit in:240kbit queue 50p delay 420ms'],
    ['3g', 'rate out:768kbit in:1.6mbit queue 50p delay 150ms'],
    ['lte', 'rate 12mbit queue 50p delay 35ms'],
    ['5g', 'rate out:21mbit in:166mbit delay 20ms'],
    ['dsl', 'rate out:384kbit in:1.5mbit queue 50p delay 25ms'],
    ['cable', 'rate out:1mbit in:5mbit queue 50p delay 14ms'],
    ['wifi', 'rate out:33mbit in:40mbit delay 1ms'],
    ['lossy-wifi', 'loss 2% burst 3 rate out:33mbit in:40mbit delay 10ms jitter 8ms'],
    ['satellite-geo', 'rate out:3mbit in:20mbit delay 300ms'],
    [
      'starlink',
      'outage on 14.9s off 100ms loss 0.5% rate out:15mbit in:105mbit delay 22.5ms jitter 7ms',
    ],
    ['simple-p2p', LINK],
    ['simple-p2p --delay=0ms --bandwidth=500kbps --queue=3', 'rate 500kbit queue 3p delay none'],
    ['simple-p2p --bandwidth=1.5Gb/s', 'rate 1.5gbit queue 25p delay 15ms'],
    ['simple-p2p --bandwidth=2mbit', 'rate 2mbit queue 25p delay 15ms'],
    ['blackhole', `outage on 5s off 2s times 1 ${LINK}`],
    ['blackhole --on=10s --off=300ms --direction=both', `outage on 10s off 300ms times 1 ${LINK}`],
    ['blackhole --direction=toclient', `outage in:on 5s off 2s times 1 ${LINK}`],
    ['blackhole --direction=toserver', `outage out:on 5s off 2s times 1 ${LINK}`],
    [
      // The example of its README, but for the delay.
      'drop-rate --delay=20ms --bandwidth=10Mbps --queue=25 --rate_to_client=10 --rate_to_server=20 ' +
        '--burst_to_client=3 --burst_to_server=3',
      'loss out:20% max 3 in:10% max 3 rate 10mbit queue 25p delay 20ms',
    ],
    ['drop-rate --rate_to_client=0 --rate_to_server=100', `loss out:100% in:0% ${LINK}`],
    [
      'corrupt-rate --rate_to_client=10 --rate_to_server=20 --burst_to_client=2',
      `corrupt out:20% first 50 checksum-ok in:10% max 2 first 50 checksum-ok ${LINK}`,
    ],
    ['droplist --drops_to_client=1,3,4 --drops_to_server=5', `loss out:nth 5 in:nth 1,3-4 ${LINK}`],
    ['droplist --drops_to_client=1', `loss in:nth 1 ${LINK}`],
    ['droplist', LINK],
    ['rebind', `${LINK} rebind 5s first 1s`],
    ['rebind --first-rebind=1s --rebind-freq=3s', `${LINK} rebind 3s first 1s`],
    ['rebind --first-rebind=1s', `${LINK} rebind 1s once`],
    [
      'rebind --first-rebind=2s --rebind-freq=2s --rebind-addr=192.0.2.0/24',
      `${LINK} rebind 2s address 192.0.2.0/24`,
    ],
    ['goodput', LINK],
    ['longrtt', 'rate 10mbit queue 25p delay 750ms'],
    ['handshakeloss', `loss 30% max 3 ${LINK}`],
    ['transferloss', `loss 2% max 3 ${LINK}`],
    ['handshakecorruption', `corrupt 30% max 3 first 50 checksum-ok ${LINK}`],
    ['transfercorruption', `corrupt 2% max 3 first 50 checksum-ok ${LINK}`],
    ['amplificationlimit', `loss out:nth 2-7 ${LINK}`],
    ['rebind-port', `${LINK} rebind 5s first 1s`],
    ['rebind-addr --rebind-addr=2001:db8::/64', `${LINK} rebind 5s first 1s address 2001:db8::/64`],
    // What is given replaces what the case says, and only that.
    ['handshakeloss --rate_to_client=5 --delay=1ms', expectedHandshake()],
    ['LTE', 'rate 12mbit queue 50p delay 35ms'],
  ])('%s', (text, expansion) => {
    expect(expand(text)).toBe(expansion);
  });

  function expectedHandshake(): string {
    return 'loss out:30% max 3 in:5% max 3 rate 10mbit queue 25p delay 1ms';
  }

  test('no profile is left out above', () => {
    expect(new Set(PROFILE_NAMES).size).toBe(PROFILES.length);
    expect(PROFILE_NAMES).toHaveLength(26);
  });

  test('each has a line, a source, and no name of the registry in the way of its own', () => {
    for (const { name, summary, source } of PROFILES) {
      expect(name).toMatch(/^[a-z0-9-]{2,20}$/);
      expect(summary.length).toBeGreaterThan(10);
      expect(source.length).toBeGreaterThan(10);
    }
    expect(Object.keys(NOT_OFFERED).filter((name) => PROFILE_NAMES.includes(name))).toEqual([]);
  });
});

describe('in rules', () => {
  test('all spellings give the same rule', () => {
    const arguments_ = 'drop-rate --rate_to_client=10 --rate_to_server=10';
    for (const profile of [...PROFILE_NAMES, arguments_]) {
      // `rebind` is the name of an impairment, too.
      if (['drop-rate', 'corrupt-rate', 'rebind', 'rebind-addr'].includes(profile)) continue;
      const line = parseRule(`udp:443 profile ${profile}`);
      expect(line.text).toBe(`udp:443 ${expand(profile)}`);
      expect(ruleFromFlags({ flow: 'udp:443', profile })).toEqual(line);
      const text = `rules:\n  - {match: udp:443, profile: ${profile}}`;
      expect(parseScenario(text, 'x', NO_FILES).rules).toEqual([line]);
      // What it stands for is written, and so parses to the same.
      expect(parseRule(line.text)).toEqual(line);
    }
  });

  test('what the rule says beside it wins, wherever it stands', () => {
    const text = 'udp rate 12mbit queue 50p delay 40ms';
    expect(parseRule('udp profile lte rtt 80ms').text).toBe(text);
    expect(parseRule('udp delay 40ms profile lte').text).toBe(text);
    expect(ruleFromFlags({ flow: 'udp', profile: 'lte', rtt: '80ms' }).text).toBe(text);
    expect(parseRule('udp profile lte delay in:1ms').text).toBe(
      'udp rate 12mbit queue 50p delay out:35ms in:1ms',
    );
  });

  test('one for each direction', () => {
    expect(parseRule('udp profile out:dsl in:lte').text).toBe(
      'udp rate out:384kbit in:12mbit queue 50p delay out:25ms in:35ms',
    );
    expect(parseRule('udp profile in:3g').text).toBe(
      'udp rate in:1.6mbit queue in:50p delay in:150ms',
    );
  });
});

test('what is wrong with one', () => {
  const table = `
profile needs a value, as in profile lte
  udp profile
             ^
-> profile: lte | starlink | handshakeloss | blackhole --on=5s --off=2s

unknown profile "ltd", did you mean lte?
  udp profile ltd
              ^
-> netemu profiles lists them

there is no profile tcp-cross-traffic
  udp profile tcp-cross-traffic
              ^
-> netemu makes no traffic of its own: run iperf3 -C reno through simple-p2p

profile lte has no parameters
  udp profile lte --delay=3ms
                  ^

drop-rate needs --rate_to_server, as in drop-rate --rate_to_client=10 --rate_to_server=10
  udp profile drop-rate
              ^

drop-rate needs --rate_to_client, as in drop-rate --rate_to_client=10 --rate_to_server=10
  udp profile drop-rate --rate_to_server=1
              ^

"1.5" is not a whole percentage, as in --rate_to_client=10
  udp profile drop-rate --rate_to_server=1 --rate_to_client=1.5
                                                            ^

"101" is not a whole percentage, as in --rate_to_server=10
  udp profile drop-rate --rate_to_server=101
                                         ^

"0" is not a number of packets, as in --burst_to_server=3
  udp profile handshakeloss --burst_to_server=0
                                              ^

--delay has no value, write --delay=15ms
  udp profile goodput --delay 15ms
                             ^

--delay has no value, write --delay=…
  udp profile goodput --delay
                             ^

--delay has no value, write --delay=…
  udp profile goodput --delay= --queue=3
                              ^

--queue is given twice
  udp profile goodput --queue=3 --queue=4
                                ^

profile droplist has no --bandwith, did you mean --bandwidth?
  udp profile droplist --bandwith=3
                       ^
-> droplist: --delay --bandwidth --queue --drops_to_client --drops_to_server

"10MBps" counts bytes, give bits, as in --bandwidth=10Mbps
  udp profile goodput --bandwidth=10MBps
                                  ^

"10" is not a bandwidth, as in --bandwidth=10Mbps
  udp profile goodput --bandwidth=10
                                  ^

profile goodput: nothing ever leaves a link with a rate of 0
  udp profile goodput --bandwidth=0bps
              ^
-> partition drop

"0" is not a number of packets, as in --queue=25
  udp profile goodput --queue=0
                              ^

15 has no unit, did you mean 15ms?
  udp profile goodput --delay=15
                              ^
-> units of time: ns, us, ms, s, min, h

"0" is not a number of outages, as in --repeat=1
  udp profile blackhole --repeat=0
                                 ^

"up" is not one of: both, toclient, toserver
  udp profile blackhole --direction=up
                                    ^

--off is a time longer than 0
  udp profile blackhole --off=0s
                              ^

"0" is not a list of packet numbers, as in 2,3,7
  udp profile droplist --drops_to_client=0
                                         ^

"1,,2" is not a list of packet numbers, as in 2,3,7
  udp profile droplist --drops_to_client=1,,2
                                         ^

--rebind-addr needs the prefix of the new addresses, as in --rebind-addr=192.0.2.0/24
  udp profile rebind-port --rebind-addr
                                       ^

--rebind-addr needs the prefix of the new addresses, as in --rebind-addr=192.0.2.0/24
  udp profile rebind-addr
              ^

profile is given twice
  udp profile lte profile 3g
                          ^
`;
  for (const block of table.trim().split('\n\n')) {
    const line = block.split('\n')[1].slice(2);
    expect(shown(errorOf(() => parseRule(line)))).toBe(block);
  }
});
