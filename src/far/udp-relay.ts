/**
 * DNS over UDP, passed on byte for byte. Each query goes to the server from a socket of its own, so
 * that the source port is a random one and only the server can answer, as in a resolver. A query
 * that gets lost stays lost: the client's own retries are what is being tested.
 */
import { createSocket, type Socket } from 'node:dgram';
import { serverFailure } from './dns-answer.js';
import { answer, type Client, canAnswer } from './listen.js';
import type { NameServer, NameServers } from './resolv-conf.js';
import { SilentServers } from './silent-servers.js';

/** Sockets that wait for their answer; the oldest goes. */
export const WAITING_MAX = 1_024;

/** Twice what glibc waits: whoever asked has given up. */
const WAIT_MS = 10_000;

const HEADER_BYTES = 12;
const FLAGS = 2;
const IS_ANSWER = 0x80;

export class UdpRelay {
  readonly #servers: NameServers;
  readonly #waiting = new Set<Query>();
  readonly #silent = new SilentServers();

  constructor(servers: NameServers) {
    this.#servers = servers;
  }

  serve(listener: Socket): void {
    listener.on('message', (message, client) => {
      if (isMessage(message, 0) && canAnswer(client)) this.#ask(listener, message, client);
    });
  }

  /** Forgets the queries; the listeners are not its own. */
  close(): void {
    for (const query of this.#waiting) query.end();
  }

  #ask(listener: Socket, message: Buffer, client: Client): void {
    if (this.#waiting.size >= WAITING_MAX) {
      const [oldest] = this.#waiting;
      oldest.end();
    }
    for (const { server, askedMs } of this.#waiting) this.#silent.noteWait(server, askedMs);
    const query: Query = new Query(
      message,
      this.#silent.last(this.#servers()),
      (reply) => {
        if (query.server !== null) this.#silent.noteAnswer(query.server);
        answer(listener, reply, client);
      },
      () => this.#waiting.delete(query),
    );
    this.#waiting.add(query);
    query.ask();
  }
}

/** A message that waits for its answer, from one server after the other as long as they refuse. */
class Query {
  readonly #message: Buffer;
  readonly #servers: readonly NameServer[];
  readonly #onAnswer: (answer: Buffer) => void;
  readonly #onEnd: () => void;
  readonly #timer = setTimeout(() => this.end(), WAIT_MS);
  /** Which was asked last, and when. */
  server: NameServer | null = null;
  askedMs = 0;
  #asked = 0;
  #socket: Socket | null = null;

  constructor(
    message: Buffer,
    servers: readonly NameServer[],
    onAnswer: (answer: Buffer) => void,
    onEnd: () => void,
  ) {
    this.#message = message;
    this.#servers = servers;
    this.#onAnswer = onAnswer;
    this.#onEnd = onEnd;
  }

  /** Asks the next server, if there is one left. */
  ask(): void {
    if (this.#asked === this.#servers.length) {
      this.server = null;
      this.#onAnswer(serverFailure(this.#message));
      this.end();
      return;
    }
    this.server = this.#servers[this.#asked++];
    this.askedMs = performance.now();
    const { address, port } = this.server;
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    this.#socket = socket;
    // ECONNREFUSED (an ICMP answer), no route, no descriptor left: glibc goes on to the next as well.
    const refused = () => {
      if (this.#socket !== socket) return;
      this.#closeSocket();
      this.ask();
    };
    socket.on('error', refused);
    socket.on('connect', () => socket.send(this.#message, (error) => error && refused()));
    socket.on('message', (reply) => {
      if (this.#socket === socket) this.#receive(reply);
    });
    socket.connect(port, address);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#closeSocket();
    this.#onEnd();
  }

  #receive(reply: Buffer): void {
    // What is no answer to this query, a guess at its id say, must not end the wait for the true one.
    if (!isMessage(reply, IS_ANSWER) || reply.readUInt16BE(0) !== this.#message.readUInt16BE(0)) {
      return;
    }
    this.#onAnswer(reply);
    this.end();
  }

  #closeSocket(): void {
    this.#socket?.close();
    this.#socket = null;
  }
}

function isMessage(bytes: Buffer, isAnswer: number): boolean {
  return bytes.length >= HEADER_BYTES && (bytes[FLAGS] & IS_ANSWER) === isAnswer;
}
