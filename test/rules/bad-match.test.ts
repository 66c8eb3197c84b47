/** Rule lines whose match is wrong, and what users see. */

import { expect, test } from 'vitest';
import { parseRule } from '../../src/rules/parse.js';
import { checkRuleErrors, errorOf } from '../support/rule-errors.js';

test('which packets: protocol, ports, addresses, terms', () => {
  checkRuleErrors(
    'E_RULE_MATCH',
    `
unknown protocol "upd", did you mean udp?
  upd:53 loss 1%
  ^
-> protocols: any, tcp, udp, icmp, sctp, quic, dns, tls

unknown protocol "tpc", did you mean tcp?
  tpc
  ^
-> protocols: any, tcp, udp, icmp, sctp, quic, dns, tls

unknown protocol "http", did you mean tcp:80?
  http loss 1%
  ^
-> protocols: any, tcp, udp, icmp, sctp, quic, dns, tls

unknown protocol "icmpv6", did you mean icmp?
  icmpv6 loss 1%
  ^
-> protocols: any, tcp, udp, icmp, sctp, quic, dns, tls

unknown protocol "xyzzy"
  xyzzy loss 1%
  ^
-> protocols: any, tcp, udp, icmp, sctp, quic, dns, tls

unknown word "los", did you mean loss?
  los 1%
  ^
-> protocols: any, tcp, udp, icmp, sctp, quic, dns, tls

the protocol is missing, did you mean udp:53 or tcp:53?
  53 loss 1%
  ^

the protocol is missing, did you mean any:53?
  :53 loss 1%
  ^

the protocol is missing, did you mean any@192.0.2.1?
  192.0.2.1 loss 1%
  ^

the protocol is missing, did you mean any@fd00::1?
  fd00::1 loss 1%
  ^

the protocol is missing, did you mean any:53@192.0.2.1?
  192.0.2.1:53 loss 1%
  ^

the protocol is missing, did you mean any@192.0.2.1?
  @192.0.2.1 loss 1%
  ^

the protocol is missing, did you mean any@[fd00::1]?
  [fd00::1] loss 1%
  ^

"udp/53" is not a match, did you mean udp:53?
  udp/53 loss 1%
  ^

a port is missing, as in udp:53
  udp: loss 1%
      ^

there is no port 0, ports are 1 to 65535
  udp:0 loss 1%
      ^

"99999" is more than 65535, the highest port
  udp:99999 loss 1%
      ^

the range "53-" has no end, as in 5000-5010
  udp:53- loss 1%
      ^

"-53" is not a port, which is a number from 1 to 65535
  udp:-53 loss 1%
      ^

the range 60-50 runs backwards, did you mean 50-60?
  udp:60-50 loss 1%
      ^

"99999" is more than 65535, the highest port
  udp:53-99999 loss 1%
         ^

"53,54" is a list, a match has one port or one range
  udp:53,54 loss 1%
      ^
-> write a range, as in 5000-5010, or a rule for each port

"domain" is not a port, which is a number from 1 to 65535
  udp:domain loss 1%
      ^

"53:192.0.2.1" is not a port, an address comes after @
  udp:53:192.0.2.1 loss 1%
      ^
-> udp:53@192.0.2.1

"5.3" is not a port, which is a number from 1 to 65535
  udp:5.3
      ^

icmp has no ports
  icmp:8 loss 1%
       ^
-> write icmp alone

an address is missing, as in 192.0.2.1 or fd00::/64
  udp:53@ loss 1%
         ^

"example.org" is not an IP address
  udp:53@example.org loss 1%
         ^
-> names are not resolved: give the address

"192.0.2" is not an IPv4 address, which has four numbers
  udp:53@192.0.2 loss 1%
         ^

256 is more than 255 in "192.0.2.256"
  udp:53@192.0.2.256 loss 1%
                 ^

010 has a leading zero, did you mean 10?
  udp:53@192.0.2.010 loss 1%
                 ^

"192.0..1" is not an IPv4 address, a number is missing
  udp:53@192.0..1 loss 1%
               ^

an IPv4 prefix is at most /32, not /33
  udp:53@192.0.2.0/33 loss 1%
                   ^

a prefix length is missing, as in /24
  udp:53@192.0.2.0/ loss 1%
                   ^

"255.255.255.0" is not a prefix length, a netmask is written as its length, as in /24
  udp:53@192.0.2.0/255.255.255.0 loss 1%
                   ^

"192.0.2.1:53" is an address with a port
  udp:53@192.0.2.1:53 loss 1%
         ^
-> the port comes before the address: udp:53@192.0.2.1

"fd00:::1" is not an IPv6 address, it has a lone ":"
  udp:53@fd00:::1 loss 1%
         ^

"fd00::1::2" is not an IPv6 address, it has "::" twice
  udp:53@fd00::1::2 loss 1%
         ^

"fd00::12345" is not an IPv6 address, "12345" is longer than four digits
  udp:53@fd00::12345 loss 1%
         ^

"fd00::g" is not an IPv6 address, "g" is not hexadecimal
  udp:53@fd00::g loss 1%
         ^

"1:2:3:4:5:6:7" is not an IPv6 address, it has fewer than eight groups
  udp:53@1:2:3:4:5:6:7 loss 1%
         ^

"1:2:3:4:5:6:7:8:9" is not an IPv6 address, it has too many groups
  udp:53@1:2:3:4:5:6:7:8:9 loss 1%
         ^

an IPv6 prefix is at most /128, not /129
  udp:53@fd00::/129 loss 1%
                ^

"%eth0" cannot be part of an address here
  udp:53@fe80::1%eth0 loss 1%
                ^
-> choose the device with --dev eth0

the length belongs behind the bracket, did you mean [fd00::1]/64?
  udp:53@[fd00::1/64] loss 1%
                 ^

"[fd00::1" has no closing bracket
  udp:53@[fd00::1 loss 1%
         ^

":53" cannot follow an address
  udp:53@[fd00::1]:53 loss 1%
                  ^
-> the port comes before the address: udp:53@192.0.2.1

unknown term "scr=", did you mean src=?
  udp scr=192.0.2.1 loss 1%
      ^
-> terms: src= dst= sport= dport= dir= len= dscp= flags= qname= sni= quic=

unknown term "foo="
  udp foo=1 loss 1%
      ^
-> terms: src= dst= sport= dport= dir= len= dscp= flags= qname= sni= quic=

src= has no value, as in src=192.0.2.0/24
  udp src= loss 1%
          ^

300 is more than 255 in "192.0.2.300"
  udp src=192.0.2.300 loss 1%
                  ^

"dns" is not a port, which is a number from 1 to 65535
  udp sport=dns loss 1%
            ^

"70000" is more than 65535, the highest port
  udp dport=70000 loss 1%
            ^

"both" is not a direction, dir is in or out
  udp dir=both loss 1%
          ^
-> leave dir= away for both directions

"upp" is not a direction, did you mean up?
  udp dir=upp loss 1%
          ^

"egress" is not a direction, did you mean out?
  udp dir=egress loss 1%
          ^

"sideways" is not a direction, dir is in or out
  udp dir=sideways loss 1%
          ^

dir= is given twice
  udp dir=down dir=out loss 1%
               ^

dir= is given twice
  udp dir=in dir=out loss 1%
             ^

icmp has no ports, so dport= never matches
  icmp dport=53 loss 1%
       ^

src= is IPv4 and dst= is IPv6, no packet is both
  udp src=192.0.2.1 dst=fd00::1 loss 1%
                    ^

@ is IPv6 and src= is IPv4, no packet is both
  udp:53@fd00::1 src=192.0.2.1
                 ^

no packet can match, the terms contradict each other
  udp:53 sport=1000 dport=2000 loss 1%
                    ^

"loss=5%" is no term, did you mean loss 5%?
  udp:53 loss=5%
         ^

"5x" is not a port, which is a number from 1 to 65535
  quic:5x loss 1%
       ^

"8@" is not a prefix length, as in /24
  dns:53@10.0.0.0/8@ loss 1%
                  ^

an address is missing, as in 192.0.2.1 or fd00::/64
  any@ loss 1%
      ^
`,
  );
});

test('which packets: length, DSCP, TCP flags, QUIC packets', () => {
  checkRuleErrors(
    'E_RULE_MATCH',
    `
"100b" is not a length in bytes, as in len=100-1500
  udp len=100b loss 1%
          ^

"-1500" is not a length in bytes, as in len=100-1500
  udp len=-1500 loss 1%
          ^

the range "1200-" has no end
  udp len=1200- loss 1%
          ^
-> len=1200-65535

the range 1500-100 runs backwards, did you mean 100-1500?
  udp len=1500-100 loss 1%
          ^

no IP packet has 19 bytes
  udp len=19 loss 1%
          ^
-> len= counts the IP header too: from 20

no IP packet is longer than 65535 bytes
  udp len=20-65536 loss 1%
             ^

len= is given twice
  udp len=20 len=30
             ^

"ef1" is not a DSCP, a number from 0 to 63 or a name, did you mean ef?
  udp dscp=ef1 loss 1%
           ^
-> names: cs0 to cs7, af11 to af43, ef, va, le, be

"high" is not a DSCP, a number from 0 to 63 or a name
  udp dscp=high loss 1%
           ^
-> names: cs0 to cs7, af11 to af43, ef, va, le, be

184 is a whole traffic class byte, did you mean 46, its DSCP?
  udp dscp=184 loss 1%
           ^

0xb8 is a whole traffic class byte, did you mean 46, its DSCP?
  udp dscp=0xb8 loss 1%
           ^

300 is more than 63
  udp dscp=300 loss 1%
           ^
-> names: cs0 to cs7, af11 to af43, ef, va, le, be

dscp= has no value, as in dscp=ef
  udp dscp= loss 1%
           ^

"synn" is not a TCP flag, did you mean syn?
  tcp flags=ack,synn loss 1%
                ^
-> flags: fin, syn, rst, psh, ack, urg, ece, cwr, with ! for one that must be clear

"S" is not a TCP flag, did you mean syn?
  tcp flags=S loss 1%
            ^
-> flags: fin, syn, rst, psh, ack, urg, ece, cwr, with ! for one that must be clear

"none" is not a TCP flag
  tcp flags=none loss 1%
            ^
-> flags: fin, syn, rst, psh, ack, urg, ece, cwr, with ! for one that must be clear

flags are joined by commas, did you mean syn,ack?
  tcp flags=syn+ack loss 1%
            ^

a flag is missing, as in flags=syn,!ack
  tcp flags=syn, loss 1%
                ^

a flag is missing, as in flags=syn,!ack
  tcp flags=! loss 1%
             ^

!ack is given twice
  tcp flags=!ack,syn,!ACK loss 1%
                     ^

syn cannot be both set and clear, no packet has it so
  tcp flags=syn,!syn loss 1%
                ^

flags= is of TCP, so udp:53 never matches
  udp:53 flags=syn loss 1%
         ^
-> write tcp or tls instead of udp:53

flags= is of TCP, so quic never matches
  quic flags=syn loss 1%
       ^
-> write tcp or tls instead of quic

quic= is of UDP, so tcp never matches
  tcp quic=initial loss 1%
      ^
-> write quic or udp instead of tcp

quic= is of UDP, flags= of TCP, no packet is both
  flags=syn quic=initial loss 1%
            ^

flags= is of TCP, quic= of UDP, no packet is both
  dns quic=initial flags=syn loss 1%
                   ^

"inital" is not a kind of QUIC packet, did you mean initial?
  quic quic=inital loss 1%
            ^
-> kinds: initial, 0rtt, handshake, retry, short

"1rtt" is not a kind of QUIC packet, did you mean short?
  quic quic=1rtt loss 1%
            ^
-> kinds: initial, 0rtt, handshake, retry, short
`,
  );
});

test('which packets: names', () => {
  checkRuleErrors(
    'E_RULE_MATCH',
    `
qname= has no value, as in qname=*.example.com
  dns qname= loss 1%
            ^

"a..example" has an empty label
  dns qname=a..example loss 1%
            ^

"." has an empty label
  dns qname=. loss 1%
            ^

".example.com" begins with a dot, did you mean *.example.com?
  dns qname=.example.com loss 1%
            ^

"*" alone is no name, * stands for what is below one, as in *.example.com
  dns qname=* loss 1%
            ^

"*" alone is no name, * stands for what is below one, as in *.example.com
  dns qname=*. loss 1%
            ^

"www.*.com" has a * in the wrong place
  dns qname=www.*.com loss 1%
            ^
-> a * is the whole first label, as in *.example.com

"*www.example.com" has a * in the wrong place
  tls sni=*www.example.com loss 1%
          ^
-> a * is the whole first label, as in *.example.com

"*.*.com" has a * in the wrong place
  tls sni=*.*.com loss 1%
          ^
-> a * is the whole first label, as in *.example.com

"$" cannot be part of a name
  dns qname=a$b.example loss 1%
            ^

"bücher.example" is not ASCII
  dns qname=bücher.example loss 1%
            ^
-> write the form that is sent, as in xn--…

a label of 64 characters is too long, the limit is 63
  dns qname=${'x'.repeat(64)}
            ^

"https://example.com/x" is a URL, did you mean example.com?
  tls sni=https://example.com/x loss 1%
          ^

"a.example,b.example" is a list, sni= has one name
  tls sni=a.example,b.example loss 1%
          ^
-> make a rule for each name

"example.com:8443" is a name with a port
  tls sni=example.com:8443 loss 1%
          ^
-> the port belongs to the protocol, as in tcp:8443

clients send no addresses as a name
  tls sni=192.0.2.1 loss 1%
          ^
-> the address goes so: tls@192.0.2.1

clients send no addresses as a name
  quic sni=fd00::1 loss 1%
           ^
-> the address goes so: tls@fd00::1

qname= is of DNS over UDP and TCP, so sctp:53 never matches
  sctp:53 qname=a.example loss 1%
          ^
-> write dns, udp or tcp instead of sctp:53

sni= is of TLS over TCP and of QUIC, so icmp never matches
  icmp sni=a.example loss 1%
       ^
-> write tls, quic, tcp or udp instead of icmp
`,
  );
  const long = Array.from({ length: 64 }, () => 'abc').join('.');
  const error = errorOf(() => parseRule(`dns qname=${long}`));
  expect(error.message).toContain('a name of 255 characters is too long, the limit is 253');
});
