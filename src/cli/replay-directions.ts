/** `--direction` and `--client` of `netemu replay`: which way packets go. */
import { usageError } from '../errors.js';
import type { CaptureInterface } from '../pcap/capture-reader.js';
import { type DirectionRule, Directions } from '../replay/directions.js';
import type { Peek } from '../replay/peek.js';
import { parsePrefix } from '../rules/address.js';
import { directionOf } from '../rules/direction-words.js';
import { printable, quoted, withSource } from '../rules/problem.js';
import type { ReplayFlags } from './replay.js';

const WORDS = ['auto', 'flow', 'client'] as const;
const WORDS_SHOWN = 'auto, flow, client, out, in, interface=NAME';
const INTERFACE = 'interface=';

/** Errors: E_DIRECTION and those of addresses. */
export function readDirections(flags: ReplayFlags, input: Peek): Directions {
  const { client: text, direction = 'auto' } = flags;
  const client =
    text === undefined ? null : withSource({ text, flag: '--client' }, () => parsePrefix(text));
  const rule = readRule(direction);
  if (rule.kind === 'client' && client === null) {
    throw problem('--direction client needs --client', 'netemu replay … --client 192.0.2.0/24');
  }
  if (client !== null && rule.kind !== 'client' && rule.kind !== 'auto') {
    throw problem(`--direction ${printable(direction)} makes no use of --client`);
  }
  if (rule.kind === 'interface') checkInterfaces(rule.names, input);
  return new Directions(rule, client);
}

function readRule(text: string): DirectionRule {
  if (text.startsWith(INTERFACE)) {
    const names = text.slice(INTERFACE.length).split(',');
    if (!names.includes('')) return { kind: 'interface', names };
    throw problem(`--direction ${printable(text)}: the name of an interface is missing`);
  }
  const word = WORDS.find((each) => each === text);
  if (word !== undefined) return { kind: word };
  const direction = directionOf(text);
  if (direction !== null) return { kind: direction };
  throw problem(`--direction ${quoted(text)} is unknown`, `there are: ${WORDS_SHOWN}`);
}

/** Others may come later in the file, but when none is there before the first packet it is a slip. */
function checkInterfaces(names: readonly string[], { interfaces, source }: Peek): void {
  const isKnown = interfaces.some(
    ({ name, index }) => names.includes(name) || names.includes(String(index)),
  );
  if (isKnown) return;
  throw problem(
    `${printable(source.name)} has no interface ${names.map(quoted).join(' or ')}`,
    `there are: ${interfaces.map(interfaceText).join(', ')}`,
  );
}

function interfaceText({ name, index }: CaptureInterface): string {
  return name === '' ? String(index) : `${index} (${quoted(name)})`;
}

function problem(message: string, mend?: string) {
  return usageError('E_DIRECTION', message, mend);
}
