import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Connections that ask for the same thing again and again, each for the next as soon as it has been answered. */
export class Load {
  readonly #sockets: Socket[];
  #answers = 0;
  #isRunning = false;
  #idle = 0;
  #whenIdle: () => void = () => {};

  private constructor(
    sockets: Socket[],
    private readonly request: string,
  ) {
    this.#sockets = sockets;
    this.#idle = sockets.length;
    for (const socket of sockets) socket.on('data', () => this.#onAnswer(socket));
  }

  static async connect(port: number, connections: number): Promise<Load> {
    const sockets = Array.from({ length: connections }, () => connect(port, '127.0.0.1').setNoDelay());
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    return new Load(sockets, 'GET /users/7 HTTP/1.1\r\nHost: localhost\r\nTenant: acme\r\n\r\n');
  }

  /** @returns how many answers came in that time. */
  async run(milliseconds: number): Promise<number> {
    this.#answers = 0;
    this.#isRunning = true;
    this.#idle = 0;
    for (const socket of this.#sockets) socket.write(this.request);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    this.#isRunning = false;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    return this.#answers;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  // An answer is small enough to come in one piece.
  #onAnswer(socket: Socket): void {
    this.#answers++;
    if (this.#isRunning) socket.write(this.request);
    else if (++this.#idle === this.#sockets.length) this.#whenIdle();
  }
}
