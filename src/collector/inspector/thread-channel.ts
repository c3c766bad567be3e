import { BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { ThreadMessage } from '../../protocol/thread-channel.js';

type Listener = (message: ThreadMessage) => void;

/** The collector's end of the channel over which threads of the application hand things over; see `protocol/`. */
export class ThreadChannel {
  readonly name: string;
  readonly #channel: BroadcastChannel;
  readonly #listeners = new Map<number, Listener>();
  readonly #onStranger: Listener;

  /** @param onStranger Gets what a thread sends that nobody listens to. */
  constructor(name: string, onStranger: Listener) {
    this.name = name;
    this.#onStranger = onStranger;
    this.#channel = new BroadcastChannel(name);
    // The event loop may get to a message before anybody asks for it.
    listen(this.#channel, (message) => this.hand(message as ThreadMessage));
    (this.#channel as unknown as { unref(): void }).unref();
  }

  listenTo(threadId: number, listener: Listener): void {
    this.#listeners.set(threadId, listener);
  }

  /** Hands on what has come by now, without waiting for the event loop to do so. */
  receive(): void {
    for (let received = this.#receive(); received !== undefined; received = this.#receive()) {
      this.hand(received.message);
    }
  }

  forget(threadId: number): void {
    this.#listeners.delete(threadId);
  }

  close(): void {
    this.#channel.close();
  }

  /** Hands on one message, as if it had just come. */
  hand(message: ThreadMessage): void {
    (this.#listeners.get(message.threadId) ?? this.#onStranger)(message);
  }

  // The types know of ports only, though Node takes a channel as well.
  #receive(): { message: ThreadMessage } | undefined {
    return receiveMessageOnPort(this.#channel as unknown as Parameters<typeof receiveMessageOnPort>[0]);
  }
}

/** The port that a channel is made of. */
interface Port {
  on(event: 'message', listener: (message: unknown) => void): void;
  removeAllListeners(event: 'message'): void;
}

/**
 * To make an event of a message, Node 22 to 26 load undici, which has the class for it: 35 to 50 ms of this thread and some
 * megabytes, once, which for a short program was a third of its whole end. A channel's own port gives messages without one
 * (20.20, 22.23, 24.21, 26.10); where there is none, events have to do.
 */
function listen(channel: BroadcastChannel, onMessage: (message: unknown) => void): void {
  const key = Object.getOwnPropertySymbols(channel).find(({ description }) => description === 'kHandle');
  const port = key && (Reflect.get(channel, key) as Partial<Port> | undefined);
  if (typeof port?.on === 'function' && typeof port.removeAllListeners === 'function') {
    port.removeAllListeners('message');
    port.on('message', onMessage);
  } else {
    channel.onmessage = (event) => onMessage((event as { data: unknown }).data);
  }
}
