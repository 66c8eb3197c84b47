/**
 * What the classifier asks about the flow of the packet that it looks at, when a rule has `sni=`. The
 * engine's answer is a `NameInspector` (src/netem/name-inspector.ts).
 */

import type { PacketView } from '../packet/packet-view.js';
import { NAME_NONE } from '../packet/tls-client-hello.js';

export interface FlowName {
  /** NAME_PENDING, NAME_KNOWN or NAME_NONE. */
  readonly state: number;
  /** The server's name, where it is known. */
  readonly name: string;
  /** Looks for the name in the packet; afterwards `state` can be another. Only while it is pending. */
  look(view: PacketView): void;
}

/** Of a flow that nobody inspects. */
export const NO_NAME: FlowName = { state: NAME_NONE, name: '', look() {} };
