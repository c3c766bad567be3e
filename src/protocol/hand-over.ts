import type { BroadcastChannel } from 'node:worker_threads';

/** Hands one message over to whoever listens to the channel of that name. */
export type HandOver = (channel: string, message: unknown) => void;

interface Handle {
  close(): void;
}

/**
 * How does a thread hand something over, if a time-out of `node:vm` may come at any moment?
 *
 * A channel keeps its thread alive from its making until it is closed. The time-out of the program's code that meets a command of ours
 * ends the command instead, anywhere: between the two, the program would never end (1,500 time-outs a run at 1000 windows a second:
 * 6 runs of 20 on Node 24.21). So the next hand-over, for which the collector comes again, closes what the last one has left. A
 * channel's handle is caught as Node puts it into the channel, before it keeps anything alive.
 */
export function handOverBy(Channel: typeof BroadcastChannel): HandOver {
  let open: Handle | undefined;
  class CaughtChannel extends Channel {}
  const probe = new Channel('profbuf');
  const key = Object.getOwnPropertySymbols(probe).find(({ description }) => description === 'kHandle');
  probe.close();
  if (key !== undefined) {
    Object.defineProperty(CaughtChannel.prototype, key, {
      set(value: Handle) {
        open = value;
        Object.defineProperty(this, key, { value, writable: true, configurable: true, enumerable: true });
      },
    });
  }
  return (name, message) => {
    open?.close();
    open = undefined;
    const channel = new CaughtChannel(name);
    channel.postMessage(message);
    channel.close();
    open = undefined;
  };
}
