/** Rulesets as `nft -j list ruleset` prints them, and what is said of them. */
import { describe, expect, test } from 'vitest';
import { legacyNoticesOf, nftNotices } from '../../src/host/firewalls.js';

const chain = (table: string, name: string, hook: string, policy: string, family = 'ip') => ({
  chain: { family, table, name, handle: 1, type: 'filter', hook, prio: 0, policy },
});
const rule = (table: string, name: string, expr: readonly object[], family = 'ip') => ({
  rule: { family, table, chain: name, handle: 2, expr },
});
const ruleset = (...entries: readonly object[]) => ({
  nftables: [
    { metainfo: { version: '1.0.6' } },
    { table: { family: 'ip', name: 'filter' } },
    ...entries,
  ],
});
const accepts = (way: string, device: string) => [
  { match: { op: '==', left: { meta: { key: way } }, right: device } },
  { accept: null },
];
/** As nft prints it. */
const acceptsDevice = JSON.parse(JSON.stringify(accepts('iifname', 'ne-n1')));

describe('chains of nftables', () => {
  test('one whose policy is to drop is named, with the commands that mend it', () => {
    expect(nftNotices(ruleset(chain('filter', 'FORWARD', 'forward', 'drop')), 'ne-n1')).toEqual([
      'the firewall chain ip filter FORWARD may drop packets to the world; this lets them through: ' +
        'nft insert rule ip filter FORWARD iifname ne-n1 accept && ' +
        'nft insert rule ip filter FORWARD oifname ne-n1 accept',
    ]);
  });

  test('one of input matters to the resolver', () => {
    const [notice] = nftNotices(ruleset(chain('fw', 'in', 'input', 'drop', 'inet')), 'ne-n1');
    expect(notice).toMatch(
      /inet fw in may drop DNS queries.*: nft insert rule inet fw in iifname ne-n1 accept$/,
    );
  });

  test('a last rule that drops all is as good as a policy; firewalld has its own command', () => {
    const reject = rule('firewalld', 'filter_FORWARD', [{ reject: { type: 'icmpx' } }], 'inet');
    const forward = chain('firewalld', 'filter_FORWARD', 'forward', 'accept', 'inet');
    const [notice, ...more] = nftNotices(ruleset(forward, reject), 'ne-n1');
    expect(notice).toMatch(/: firewall-cmd --zone=trusted --add-interface=ne-n1$/);
    expect(more).toEqual([]);
  });

  test.each([
    ['a policy to accept', [chain('filter', 'FORWARD', 'forward', 'accept')]],
    ['another hook', [chain('filter', 'OUTPUT', 'output', 'drop')]],
    ['another family', [chain('filter', 'FORWARD', 'forward', 'drop', 'ip6')]],
    [
      'a last rule that drops something',
      [
        chain('filter', 'FORWARD', 'forward', 'accept'),
        rule('filter', 'FORWARD', [...accepts('iifname', 'eth9').slice(0, 1), { drop: null }]),
      ],
    ],
    [
      'what the notice asks for',
      [chain('filter', 'FORWARD', 'forward', 'drop'), rule('filter', 'FORWARD', acceptsDevice)],
    ],
  ])('%s: nothing is said', (_, entries) => {
    expect(nftNotices(ruleset(...entries), 'ne-n1')).toEqual([]);
  });

  test('what is no ruleset is nobody’s fault', () => {
    expect(nftNotices(null, 'ne-n1')).toEqual([]);
  });
});

test('iptables of the older kind', () => {
  const rules =
    '-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-A FORWARD -i eth1 -j ACCEPT\n';
  expect(legacyNoticesOf(rules, 'ne-n1')).toEqual([
    'the firewall chain FORWARD of iptables-legacy may drop packets to the world; this lets them through: ' +
      'iptables-legacy -I FORWARD -i ne-n1 -j ACCEPT && iptables-legacy -I FORWARD -o ne-n1 -j ACCEPT',
  ]);
  expect(legacyNoticesOf(`${rules}-A FORWARD -i ne-n1 -j ACCEPT\n`, 'ne-n1')).toEqual([]);
});
