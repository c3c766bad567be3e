import type { BroadcastChannel } from 'node:worker_threads';

/** The port that a channel is made of. */
interface Port {
  on(event: 'message', listener: (message: unknown) => void): void;
  removeAllListeners(event: 'message'): void;
}

/**
 * Has each message that comes over the channel handed to `onMessage`.
 *
 * To make an event of a message, Node 22 to 26 load undici, which has the class for it: 35 to 50 ms of this thread and some
 * megabytes, once, which for a short program was a third of its whole end. A channel's own port gives messages without one
 * (20.20, 22.23, 24.21, 26.10); where there is none, events have to do.
 */
export function listenTo(channel: BroadcastChannel, onMessage: (message: unknown) => void): void {
  const key = Object.getOwnPropertySymbols(channel).find(({ description }) => description === 'kHandle');
  const port = key && (Reflect.get(channel, key) as Partial<Port> | undefined);
  if (typeof port?.on === 'function' && typeof port.removeAllListeners === 'function') {
    port.removeAllListeners('message');
    port.on('message', onMessage);
  } else {
    channel.onmessage = (event) => onMessage((event as { data: unknown }).data);
  }
}
