/** IANA protocol numbers of the transports that the rules can name, and which of them have ports. */

export const Protocol = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  dccp: 33,
  icmpv6: 58,
  sctp: 132,
  udpLite: 136,
} as const;

/** All of these begin with the source port and the destination port, 16 bits each. */
export function protocolHasPorts(protocol: number): boolean {
  return (
    protocol === Protocol.udp ||
    protocol === Protocol.tcp ||
    protocol === Protocol.sctp ||
    protocol === Protocol.dccp ||
    protocol === Protocol.udpLite
  );
}
