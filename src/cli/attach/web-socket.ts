import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import type { Duplex } from 'node:stream';

/*
 * The part of RFC 6455 that an inspector speaks: text without extensions. Node has a client of its own from 22 on only.
 */

const opcodes = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;
/** Profiles of large programs take some 10 MB. */
const largestMessage = 2 ** 29;

export interface WebSocketEvents {
  onMessage(text: string): void;
  /** Once, whoever ended it. */
  onClose(): void;
}

export class WebSocketClient {
  readonly #socket: Duplex;
  readonly #events: WebSocketEvents;
  #received: Buffer[] = [];
  #length = 0;
  /** How many bytes the frame that is being received takes, as far as known. */
  #needed = 2;
  #fragments: Buffer[] = [];

  /** @throws an error when nobody answers there, or something else than a web socket. */
  static connect(url: string, events: WebSocketEvents, timeoutMs = 5000): Promise<WebSocketClient> {
    return new Promise((resolve, reject) => {
      const request = get(url.replace(/^ws:/, 'http:'), {
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        },
        agent: false,
        timeout: timeoutMs,
      });
      request.on('upgrade', (_, socket, head) => {
        // The time limit is for the beginning.
        request.setTimeout(0);
        socket.setTimeout(0);
        resolve(new WebSocketClient(socket, head, events));
      });
      request.on('response', (response) => {
        response.resume();
        reject(new Error(`it answers with status ${response.statusCode}`));
      });
      request.on('timeout', () => request.destroy(new Error('it does not answer')));
      request.on('error', reject);
    });
  }

  private constructor(socket: Duplex, head: Buffer, events: WebSocketEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => events.onClose());
    socket.on('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    if (head.length > 0) this.#receive(head);
  }

  send(text: string): void {
    this.#send(opcodes.text, Buffer.from(text));
  }

  close(): void {
    if (this.#socket.destroyed) return;
    // Status 1000, normal closure.
    this.#send(opcodes.close, Buffer.from([0x03, 0xe8]));
    this.#socket.end();
  }

  /** Without the other side's answer. */
  destroy(): void {
    this.#socket.destroy();
  }

  #send(opcode: number, payload: Buffer): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    const { length } = payload;
    const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    head[0] = 0x80 | opcode;
    if (length < 126) head[1] = 0x80 | length;
    else if (length < 65_536) {
      head[1] = 0x80 | 126;
      head.writeUInt16BE(length, 2);
    } else {
      head[1] = 0x80 | 127;
      head.writeBigUInt64BE(BigInt(length), 2);
    }
    // What a client sends is masked.
    const mask = randomBytes(4);
    this.#socket.write(Buffer.concat([head, mask, payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0))]));
  }

  #receive(bytes: Buffer): void {
    this.#received.push(bytes);
    this.#length += bytes.length;
    while (this.#length >= this.#needed) {
      const all = this.#received.length === 1 ? (this.#received[0] ?? bytes) : Buffer.concat(this.#received);
      this.#received = [all];
      const [first = 0, second = 0] = all;
      const kind = second & 0x7f;
      const begin = kind === 126 ? 4 : kind === 127 ? 10 : 2;
      if (all.length < begin) {
        this.#needed = begin;
        return;
      }
      const length = kind === 126 ? all.readUInt16BE(2) : kind === 127 ? Number(all.readBigUInt64BE(2)) : kind;
      if (length > largestMessage || (second & 0x80) !== 0) {
        this.destroy();
        return;
      }
      this.#needed = begin + length;
      if (all.length < this.#needed) return;
      const payload = all.subarray(begin, this.#needed);
      const rest = all.subarray(this.#needed);
      this.#received = [rest];
      this.#length = rest.length;
      this.#needed = 2;
      this.#handle(first & 0x0f, (first & 0x80) !== 0, payload);
    }
  }

  #handle(opcode: number, isFinal: boolean, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#send(opcodes.pong, payload);
    else if (opcode === opcodes.close) this.close();
    else if (opcode === opcodes.text || opcode === opcodes.continuation) {
      this.#fragments.push(payload);
      if (!isFinal) return;
      const text = Buffer.concat(this.#fragments).toString();
      this.#fragments = [];
      this.#events.onMessage(text);
    }
  }
}
