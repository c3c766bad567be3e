import { BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';
import { listenTo } from '../../protocol/channel-listener.js';
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
    listenTo(this.#channel, (message) => this.hand(message as ThreadMessage));
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
