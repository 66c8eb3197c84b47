import { describe, expect, test } from 'vitest';
import { chooseUser, environmentOf, parseUser } from '../../src/host/user.js';

const SUDO = { SUDO_UID: '65534', SUDO_GID: '65534', SUDO_USER: 'nobody' };

describe('whom the command runs as', () => {
  test('the user who typed sudo', () => {
    expect(chooseUser(null, SUDO, 0)).toMatchObject({ name: 'nobody', uid: 65534, isListed: true });
  });

  test('one whom only sudo knows', () => {
    const sudo = { SUDO_UID: '3999999', SUDO_GID: '3999998', SUDO_USER: 'remote' };
    expect(chooseUser(null, sudo, 0)).toEqual({
      name: 'remote',
      uid: 3_999_999,
      gid: 3_999_998,
      home: '/',
      shell: '/bin/sh',
      isListed: false,
    });
  });

  test.each([
    ['without sudo', null, {}, 0],
    ['a variable that is no number', null, { SUDO_UID: '1;reboot' }, 0],
    ['a user with capabilities', null, SUDO, 1000],
    ['who netemu is already', 'root', {}, 0],
  ])('%s: as netemu itself', (_, named, environment, uid) => {
    expect(chooseUser(named, environment, uid)).toBeNull();
  });

  test('the one that is named, also root behind sudo', () => {
    expect(chooseUser('nobody', {}, 0)).toMatchObject({ uid: 65534 });
    expect(chooseUser('root', SUDO, 0)).toMatchObject({ uid: 0 });
    const code = 'E_USER';
    expect(() => chooseUser('no-such-user', {}, 0)).toThrow(expect.objectContaining({ code }));
    expect(() => chooseUser('nobody', {}, 1000)).toThrow(expect.objectContaining({ code }));
  });
});

test('the environment is the user’s, and no trace of sudo is left in it', () => {
  const user = parseUser('ann:x:1000:1000:Ann,,,:/home/ann:/bin/zsh\n');
  expect(environmentOf(user, { ...SUDO, HOME: '/root', USER: 'root', PATH: '/bin' })).toEqual({
    HOME: '/home/ann',
    USER: 'ann',
    LOGNAME: 'ann',
    SHELL: '/bin/zsh',
    PATH: '/bin',
  });
  expect(environmentOf(null, SUDO)).toEqual(SUDO);
});

test('lines that are none of passwd(5)', () => {
  for (const line of ['', 'ann', 'ann:x:1000', ':x:1:1::/:/bin/sh', 'ann:x:one:1::/:/bin/sh']) {
    expect(parseUser(line)).toBeNull();
  }
  expect(parseUser('ann:x:1:2:::')).toMatchObject({ home: '/', shell: '/bin/sh' });
});
