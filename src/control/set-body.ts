/** The rules that `set` sends an instance, as the body of its request. */

import { usageError } from '../errors.js';
import type { RuleSource } from '../rules/rule-source.js';

/** A trace of some minutes, or a scenario of some thousand lines, fits. */
export const BODY_BYTES_MAX = 16 * 2 ** 20;

/** As the body of a request. Errors: E_REQUEST. */
export function bodyOf(request: RuleSource): string {
  const body = JSON.stringify(request);
  const bytes = Buffer.byteLength(body);
  if (bytes <= BODY_BYTES_MAX) return body;
  throw usageError(
    'E_REQUEST',
    `the rules and the files that they name are ${bytes} bytes, the limit is ${BODY_BYTES_MAX}`,
    'up takes larger ones',
  );
}
