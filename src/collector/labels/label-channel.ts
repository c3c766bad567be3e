import { BroadcastChannel, receiveMessageOnPort, threadId } from 'node:worker_threads';
import type { LabelMessage } from '../../protocol/label-records.js';

/** Where threads of the application hand over the rings of their label switches. */
export class LabelChannel {
  /** No other channel of the process has it: threads are numbered once. */
  readonly name = `profbuf labels ${threadId}`;
  readonly #channel = new BroadcastChannel(this.name);
  readonly #listeners = new Map<string, (message: LabelMessage) => void>();

  constructor() {
    // The event loop may get to a message before anybody asks for it.
    this.#channel.onmessage = (event) => this.#hand((event as { data: LabelMessage }).data);
    (this.#channel as unknown as { unref(): void }).unref();
  }

  /** @param listener Gets what the thread sends: a ring each time that it begins to write its switches down. */
  expect(thread: string, listener: (message: LabelMessage) => void): void {
    this.#listeners.set(thread, listener);
  }

  /** Hands on what has come by now, without waiting for the event loop to do so. */
  receive(): void {
    for (let received = this.#receive(); received !== undefined; received = this.#receive()) {
      this.#hand(received.message);
    }
  }

  forget(thread: string): void {
    this.#listeners.delete(thread);
  }

  close(): void {
    this.#channel.close();
  }

  #hand(message: LabelMessage): void {
    this.#listeners.get(message.thread)?.(message);
  }

  // The types know of ports only, though Node takes a channel as well.
  #receive(): { message: LabelMessage } | undefined {
    return receiveMessageOnPort(this.#channel as unknown as Parameters<typeof receiveMessageOnPort>[0]);
  }
}
