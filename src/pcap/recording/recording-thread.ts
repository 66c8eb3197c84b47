/**
 * The thread that writes a recording: takes records out of the ring, waits until each packet's fate is
 * known, and puts it into the file. It looks at the ring from time to time instead of being woken, because
 * waking it would cost the live loop a system call.
 */
import { setPriority } from 'node:os';
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { TIME_NS } from '../../netem/fates.js';
import { verdictText } from '../verdict-text.js';
import { Assembler } from './assembler.js';
import { endComment, headerComments } from './header.js';
import { RecordingFile } from './recording-file.js';
import type { AnnouncedRules, RecordingConfig, RecordingMessage } from './recording-messages.js';
import { RingReader, RingState, RingView } from './ring.js';

/**
 * The live loop and those who send come first: TCP in bulk on two processors, which is more than can be
 * recorded, has 6.0 Gbit/s with 0 and 7.8 with 10 or more, and as much of it is recorded.
 */
const NICE = 10;
/** At 10 Gbit/s the ring fills in 54 ms. */
const POLL_MS = 5;
/** What a kill costs of the packets whose fate is known: README.md says half a second. */
const FLUSH_MS = 500;
/** Records between two looks at the clock: some milliseconds. */
const RECORDS_AT_ONCE = 4_096;

const port = parentPort as MessagePort;

function say(message: RecordingMessage): void {
  port.postMessage(message);
}

function run(config: RecordingConfig): void {
  const { fd, interfaces } = config;
  const view = new RingView(config.ring);
  const file = new RecordingFile(fd);
  const announced = new Map<number, AnnouncedRules>();
  let ruleNames: readonly string[] = [];
  let hasSection = false;

  const assembler = new Assembler(new RingReader(view), {
    packet(interfaceIndex, fate, bytes, at, length, isEarly) {
      const text = verdictText(fate, ruleNames, isEarly ? 'when written' : 'at the end');
      file.packet(interfaceIndex, fate.direction, fate.values, TIME_NS, bytes, at, length, text);
    },
    rules(number, startNs) {
      const { source, names } = announcement(announced, number);
      const clockOffsetNs = view.clockOffsetNs;
      const { version, seed, memoryBytes } = config;
      ruleNames = names;
      file.setClockOffset(clockOffsetNs);
      const comments = headerComments({
        version,
        seed,
        source,
        memoryBytes,
        clockOffsetNs: `${clockOffsetNs}`,
        startNs,
        continues: hasSection,
      });
      hasSection = true;
      file.section(comments, `netemu ${version}`, interfaces);
    },
  });

  const told = { lost: false, failed: false };
  const tell = () => {
    view.written = file.packets - file.discarded;
    view.fileBytes = file.bytes;
    view.discarded = file.discarded;
    if (!told.lost && view.lost > 0) {
      told.lost = true;
      // Also who kills netemu now shall know that the file cannot be verified.
      if (hasSection)
        file.end(
          interfaces.length,
          0,
          endComment({ endNs: 0, packets: file.packets, lost: view.lost }),
        );
      say({ kind: 'lost' });
    }
    if (!told.failed && file.failure !== null) {
      told.failed = true;
      say({ kind: 'failed', reason: file.failure });
    }
  };

  let flushMs = performance.now();
  for (;;) {
    // Read first: what stands in the ring now is all when the end has been said.
    const { state } = view;
    const count = assembler.read(RECORDS_AT_ONCE);
    const nowMs = performance.now();
    if (nowMs - flushMs >= FLUSH_MS) {
      file.flush();
      flushMs = nowMs;
    }
    tell();
    if (count === RECORDS_AT_ONCE) continue;
    if (state !== RingState.live) break;
    view.sleep(POLL_MS);
  }
  assembler.finish();
  // Without it nobody takes the file for whole.
  if (hasSection && view.state === RingState.ended) {
    const end = { endNs: view.endNs, packets: file.packets, lost: view.lost };
    file.end(interfaces.length, view.endNs, endComment(end));
  }
  file.flush();
  tell();
  say({ kind: 'done' });
}

/** It was sent before the rules could come into force. */
function announcement(announced: Map<number, AnnouncedRules>, number: number): AnnouncedRules {
  for (;;) {
    const rules = announced.get(number);
    if (rules !== undefined) {
      // Those before it are over, or were refused.
      for (const before of announced.keys()) if (before <= number) announced.delete(before);
      return rules;
    }
    const received = receiveMessageOnPort(port)!.message as AnnouncedRules;
    announced.set(received.number, received);
  }
}

// Linux means the calling thread by 0, not the process (setpriority(2)).
setPriority(0, NICE);
run(workerData as RecordingConfig);
