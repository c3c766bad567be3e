import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { source } from './bundle.js';
import { controlBytes, farewell, farewellWord } from './control.js';
import type { CollectorData, CollectorOptions, Request, Response } from './messages.js';

/** The longest that the program's end waits for the collector, in milliseconds. */
const farewellMs = 3000;

/** The collector as the application's thread sees it. */
export interface CollectorLink {
  readonly port: MessagePort;
  send(request: Request): void;
  /** Takes the exit handler away. */
  release(): void;
}

export interface LaunchListeners {
  onResponse(response: Response): void;
  /** The collector's thread ended; `error` when it did so on its own. */
  onEnd(error: Error | undefined): void;
  /** The program ended before the collector had answered: the profile may lack its last seconds. */
  onFarewellTimeout(): void;
}

/**
 * Starts the collector's thread. What the application may delete or replace later is taken here, first.
 *
 * @throws when the thread cannot be started, for instance under the permission model.
 */
export function launchCollector(options: CollectorOptions, listeners: LaunchListeners): CollectorLink {
  const control = new SharedArrayBuffer(controlBytes);
  const words = new Int32Array(control);
  const { compareExchange, wait } = Atomics;
  const { port1: port, port2 } = new MessageChannel();
  const workerData: CollectorData = { port: port2, control, options };
  const worker = new Worker(source, {
    eval: true,
    name: 'profbuf',
    // Of the application's flags and environment nothing is inherited: they could load its code into this thread.
    // What --expose-internals is for is told in signals.ts.
    execArgv: ['--expose-internals', '--no-warnings'],
    env: {},
    argv: [],
    workerData,
    transferList: [port2],
    trackUnmanagedFds: false,
  });
  worker.unref();
  let error: Error | undefined;
  worker.on('error', (reason: Error) => {
    error = reason;
  });
  worker.on('exit', () => {
    compareExchange(words, farewellWord, farewell.none, farewell.done);
    listeners.onEnd(error);
  });
  port.on('message', listeners.onResponse);
  port.unref();
  const postMessage = port.postMessage.bind(port);

  const onExit = () => {
    if (compareExchange(words, farewellWord, farewell.none, farewell.asked) !== farewell.none) return;
    const request: Request = { type: 'exit' };
    postMessage(request);
    // V8 serves the collector's commands while this thread waits.
    if (wait(words, farewellWord, farewell.asked, farewellMs) === 'timed-out') listeners.onFarewellTimeout();
  };
  process.on('exit', onExit);
  const { removeListener } = process;
  return {
    port,
    send: postMessage,
    release: () => removeListener.call(process, 'exit', onExit),
  };
}
