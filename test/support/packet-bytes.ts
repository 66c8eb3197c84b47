/** Bytes for tests: hexadecimal text, addresses, numbers in network order, the checksum. */

/** The Internet checksum (RFC 1071): 0 over a packet whose checksum is right. */
export function checksum(...parts: Uint8Array[]): number {
  const bytes = concat(...parts);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i] * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

/** `hex('45 00 0b')`, `hex('4500 0b')`: white space and line breaks mean nothing. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (byte) =>
    Number.parseInt(byte, 16),
  );
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** 4 bytes, or 16. */
export function addressBytes(text: string): Uint8Array {
  if (!text.includes(':')) return Uint8Array.from(text.split('.'), Number);
  const [left, right = ''] = text.split('::');
  const groups = (half: string) => (half === '' ? [] : half.split(':'));
  const zeros = 8 - groups(left).length - groups(right).length;
  const all = [
    ...groups(left),
    ...Array<string>(text.includes('::') ? zeros : 0).fill('0'),
    ...groups(right),
  ];
  return u16(...all.map((group) => Number.parseInt(group, 16)));
}

export function macBytes(text: string): Uint8Array {
  return hex(text.replaceAll(':', ''));
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function u16(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [(value >> 8) & 0xff, value & 0xff]));
}

export function u32(...values: number[]): Uint8Array {
  return u16(...values.flatMap((value) => [value >>> 16, value & 0xffff]));
}
