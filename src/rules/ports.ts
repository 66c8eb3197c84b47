/** Port numbers and ranges as text: `53`, `5000-5010`. */

import { Problem, quoted } from './problem.js';
import type { PortRange } from './rule.js';
import { part, type Word } from './words.js';

const PORT_MAX = 65_535;

/** Port 0 is not for use (RFC 6335), and stands for "not known" in the classifier. */
export function parsePorts(word: Word): PortRange {
  const { text } = word;
  const dash = text.indexOf('-', 1);
  if (dash < 0) {
    const port = parsePort(word);
    return { min: port, max: port };
  }
  const min = parsePort(part(word, 0, dash));
  const end = part(word, dash + 1);
  if (end.text === '') throw problem(word, `the range ${quoted(text)} has no end, as in 5000-5010`);
  const max = parsePort(end);
  if (min > max) {
    throw problem(word, `the range ${text} runs backwards, did you mean ${max}-${min}?`);
  }
  return { min, max };
}

export function formatPorts(ports: PortRange): string {
  return ports.min === ports.max ? String(ports.min) : `${ports.min}-${ports.max}`;
}

function parsePort(word: Word): number {
  const { text } = word;
  if (!/^\d+$/.test(text)) throw notAPort(word);
  const port = Number(text);
  if (port > PORT_MAX)
    throw problem(word, `${quoted(text)} is more than ${PORT_MAX}, the highest port`);
  if (port === 0) throw problem(word, 'there is no port 0, ports are 1 to 65535');
  return port;
}

function notAPort(word: Word): Problem {
  const { text } = word;
  if (text === '') return problem(word, 'a port is missing, as in udp:53');
  if (/^\d+(,\d*)+$/.test(text)) {
    const mend = 'write a range, as in 5000-5010, or a rule for each port';
    return problem(word, `${quoted(text)} is a list, a match has one port or one range`, mend);
  }
  if (/^\d+[:/].*\d/.test(text)) {
    return problem(
      word,
      `${quoted(text)} is not a port, an address comes after @`,
      'udp:53@192.0.2.1',
    );
  }
  return problem(word, `${quoted(text)} is not a port, which is a number from 1 to ${PORT_MAX}`);
}

function problem(word: Word, sentence: string, mend?: string): Problem {
  return new Problem('E_RULE_MATCH', sentence, word.at, mend);
}
