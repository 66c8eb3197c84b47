import { expect, test } from 'vitest';
import { innerResolver, innerText } from '../../src/host/resolver.js';

test.each([
  ['nameserver 10.0.0.1\n', 'nameserver 198.19.255.1\n'],
  ['', 'nameserver 198.19.255.1\n'],
  [
    '# made by systemd\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch a.example b.example\n',
    'nameserver 198.19.255.1\noptions edns0\nsearch a.example b.example\n',
  ],
  ['options trust-ad\nnameserver ::1\ndomain x', 'nameserver 198.19.255.1\ndomain x\n'],
  ['searching for\n optionsx\n', 'nameserver 198.19.255.1\n'],
])('%j becomes %j', (text, inner) => {
  expect(innerText(text, '198.19.255.1')).toBe(inner);
});

test('a file that is not there has no counterpart inside', () => {
  expect(innerResolver('198.19.255.1', '/nonexistent/resolv.conf')).toBeNull();
});
