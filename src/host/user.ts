/** Whom a command runs as: the user who typed sudo, who was named, or whoever netemu runs as. */
import { spawnSync } from 'node:child_process';
import { usageError } from '../errors.js';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
  /** Known here, with the groups that the user is in. */
  readonly isListed: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** What sudo leaves in the environment, of no use to the user's own command. */
const SUDO_VARIABLES = ['SUDO_UID', 'SUDO_GID', 'SUDO_USER', 'SUDO_COMMAND', 'SUDO_HOME'];

/**
 * Null: the command stays what netemu is. `named` is `--user`, a name or a number. Errors: E_USER.
 */
export function chooseUser(
  named: string | null,
  environment: Variables = process.env,
  ownUid = process.getuid?.() ?? 0,
): User | null {
  if (named !== null) {
    const user = findUser(named);
    if (user === null) throw usageError('E_USER', `--user ${named}: there is no such user`);
    if (user.uid === ownUid && environment.SUDO_UID === undefined) return null;
    if (ownUid === 0) return user;
    throw usageError('E_USER', `--user ${named}: only root can become another user`);
  }
  const { SUDO_UID: uid, SUDO_GID: gid } = environment;
  if (ownUid !== 0 || uid === undefined || !/^\d+$/.test(uid)) return null;
  const user = findUser(uid);
  // sudo knows users that this machine's list does not (LDAP that is out of reach).
  const unlisted = { home: '/', shell: '/bin/sh', isListed: false };
  const name = environment.SUDO_USER ?? uid;
  return user ?? { ...unlisted, name, uid: Number(uid), gid: Number(gid ?? uid) };
}

/** The environment of a command that runs as that user. */
export function environmentOf(user: User | null, environment: Variables): NodeJS.ProcessEnv {
  if (user === null) return { ...environment };
  const own = Object.entries(environment).filter(([name]) => !SUDO_VARIABLES.includes(name));
  const { name, home, shell } = user;
  return { ...Object.fromEntries(own), HOME: home, USER: name, LOGNAME: name, SHELL: shell };
}

/** By name or number. getent asks all that nsswitch.conf names. */
function findUser(key: string): User | null {
  const { status, stdout } = spawnSync('getent', ['passwd', '--', key], { encoding: 'utf8' });
  return status === 0 ? parseUser(stdout) : null;
}

/** A line of passwd(5); null when it is none. */
export function parseUser(line: string): User | null {
  const [name, , uid, gid, , home, shell] = line.trim().split(':');
  if (!name || gid === undefined || !/^\d+$/.test(uid ?? '')) return null;
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home: home || '/',
    shell: shell || '/bin/sh',
    isListed: true,
  };
}
