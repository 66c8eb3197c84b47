/**
 * A test on a bad network with nothing but node: no privileges, no namespaces, no waiting, and the same packets
 * are lost each time. Run it with `node --test`; in vitest or jest, only the first two imports change.
 *
 * What is tested here is a jitter buffer: voice comes as a packet each 20 ms, and each has to be there when it is
 * its turn to be played.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Packet, type ReplayedPacket, replay, replayEvents } from 'netemu';

const MS = 1_000_000;
const FRAME_MS = 20;
const BUFFER_MS = 60;
const PORT = 4000;

/** Which frames of so many could not be played: they were lost, or came too late. */
function missingFrames(received: readonly ReplayedPacket[], frames: number): number[] {
  const arrivedNs = new Map(received.map(({ bytes, timeNs }) => [frameNumber(bytes), timeNs]));
  const startNs = Math.min(...arrivedNs.values()) + BUFFER_MS * MS;
  const isMissing = (frame: number) => {
    const arrived = arrivedNs.get(frame);
    return arrived === undefined || arrived > startNs + frame * FRAME_MS * MS;
  };
  return Array.from({ length: frames }, (_, frame) => frame).filter(isMissing);
}

test('a lost frame, and one that is too late, are missing', async () => {
  const rules = [`udp:${PORT} loss nth 5`, 'any'];
  const { packets } = await replay(call(10), { rules, link: 'ip' });
  assert.deepEqual(missingFrames(packets, 10), [4]);

  const late = packets.map((packet, i) => (i === 2 ? { ...packet, timeNs: 101 * MS } : packet));
  assert.deepEqual(missingFrames(late, 10), [2, 4]);
});

test('a minute on a mobile network is good enough', async () => {
  const frames = 3_000;
  const rules = `udp:${PORT} loss 1% burst 3 delay 45ms jitter 12ms normal`;
  const { packets, verdicts } = await replay(call(frames), { rules, seed: 'tuesday', link: 'ip' });

  const lost = verdicts.filter(({ verdict }) => verdict === 'dropped').length;
  assert.ok(lost > 0 && lost < 0.02 * frames, `${lost} lost`);
  const missing = missingFrames(packets, frames).length;
  assert.ok(missing < 0.03 * frames, `${missing} missing`);
});

test('the same seed is the same network', async () => {
  const verdicts = async (seed: string) => {
    const options = { rules: 'udp loss 10% delay 20ms jitter 5ms', seed, link: 'ip' } as const;
    return (await replay(call(500), options)).verdictsSha256;
  };
  assert.equal(await verdicts('1'), await verdicts('1'));
  assert.notEqual(await verdicts('1'), await verdicts('2'));
});

test('a call of any length, packet by packet', async () => {
  const rules = 'udp outage on 2s off 500ms';
  let dropped = 0;
  for await (const event of replayEvents(call(5_000), { rules, link: 'ip' })) {
    if (event.kind === 'verdict' && event.verdict.stage === 'outage') dropped++;
  }
  assert.equal(dropped, 5_000 * (500 / 2_500));
});

/** Instead of this, most tests have a capture: `replay('call.pcapng', …)`. */
function* call(frames: number): Generator<Packet> {
  for (let frame = 0; frame < frames; frame++) {
    yield { timeNs: frame * FRAME_MS * MS, bytes: voicePacket(frame) };
  }
}

const HEADER_BYTES = 28;

/** An IPv4 packet with a UDP datagram from 198.18.0.1 to 198.18.0.2: the frame's number, and the voice. */
function voicePacket(frame: number): Uint8Array {
  const packet = Buffer.alloc(HEADER_BYTES + 160);
  packet.set([0x45, 0, 0, packet.length, 0, 0, 0, 0, 64, 17, 0, 0, 198, 18, 0, 1, 198, 18, 0, 2]);
  packet.writeUInt16BE(PORT, 20);
  packet.writeUInt16BE(PORT, 22);
  packet.writeUInt16BE(packet.length - 20, 24);
  packet.writeUInt32BE(frame, HEADER_BYTES);
  return packet;
}

function frameNumber(packet: Uint8Array): number {
  return Buffer.from(packet).readUInt32BE(HEADER_BYTES);
}
