/** The kernel's own counters: as Linux writes them, as other kernels might, and as they are here. */
import { describe, expect, test } from 'vitest';
import { grown, readSystemCounters } from '../../../src/gradient/probe/system-counters.js';

const SNMP = `Ip: Forwarding DefaultTTL InReceives InHdrErrors
Ip: 1 64 6107 2
IcmpMsg: InType3 OutType3
IcmpMsg: 5 7
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens CurrEstab RetransSegs
Tcp: 1 200 120000 -1 41 9 28
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors
Udp: 132396 19259 28 147924 27
`;
const NETSTAT = `TcpExt: SyncookiesSent TCPTimeouts
TcpExt: 0 12
MPTcpExt: MPCapableSYNRX MPCurrEstab
MPTcpExt: 3 4
`;
const SNMP6 = `Ip6InReceives                   	1348
Ip6InDiscards                   	6
Icmp6InType136                  	8
Udp6RcvbufErrors                	3
UdpLite6InDatagrams             	9
`;

function counters(snmp = SNMP, netstat = NETSTAT, snmp6 = SNMP6): Map<string, number> {
  return readSystemCounters((path) => {
    if (path === '/proc/net/snmp') return snmp;
    return path === '/proc/net/netstat' ? netstat : snmp6;
  });
}

describe('readSystemCounters', () => {
  test('names each by its protocol, and leaves gauges out', () => {
    expect(Object.fromEntries(counters())).toEqual({
      'Ip.InReceives': 6107,
      'Ip.InHdrErrors': 2,
      'IcmpMsg.InType3': 5,
      'IcmpMsg.OutType3': 7,
      'Tcp.ActiveOpens': 41,
      'Tcp.RetransSegs': 28,
      'Udp.InDatagrams': 132396,
      'Udp.NoPorts': 19259,
      'Udp.InErrors': 28,
      'Udp.OutDatagrams': 147924,
      'Udp.RcvbufErrors': 27,
      'TcpExt.SyncookiesSent': 0,
      'TcpExt.TCPTimeouts': 12,
      'MPTcpExt.MPCapableSYNRX': 3,
      'Ip6.InReceives': 1348,
      'Ip6.InDiscards': 6,
      'Icmp6.InType136': 8,
      'Udp6.RcvbufErrors': 3,
      'UdpLite6.InDatagrams': 9,
    });
  });

  test('is content with other columns, other lines and none', () => {
    const odd =
      'Ip: InReceives New\nIp: 3\nUdp: A\nNote\n\nTcp: InSegs\nTcp: many\nXy: Z\nXy: 4 5\n';
    expect(Object.fromEntries(counters(odd, '', 'Ip6Odd\nnothing 3\n'))).toEqual({
      'Ip.InReceives': 3,
      'Xy.Z': 4,
    });
  });

  test('is content without the files', () => {
    const only = readSystemCounters((path) => {
      if (path !== '/proc/net/snmp') throw new Error('ENOENT');
      return SNMP;
    });
    expect(only.get('Udp.RcvbufErrors')).toBe(27);
    expect([...only.keys()].filter((name) => /6\.|Ext/.test(name))).toEqual([]);
  });

  test('reads those of this machine', () => {
    const now = readSystemCounters();
    expect([...now.keys()]).toEqual(
      expect.arrayContaining(['Ip.InReceives', 'Udp.RcvbufErrors', 'TcpExt.TCPTimeouts']),
    );
    expect([...now.values()].every(Number.isSafeInteger)).toBe(true);
  });
});

describe('grown', () => {
  test('tells by how much, of those that did', () => {
    const before = new Map(Object.entries({ same: 4, more: 5, anew: 9, gone: 1 }));
    const after = new Map(Object.entries({ same: 4, more: 8, anew: 0, first: 2, none: 0 }));
    expect(grown(before, after)).toEqual({ more: 3, first: 2 });
  });
});
