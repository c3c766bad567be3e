import { BroadcastChannel, getEnvironmentData, setEnvironmentData, threadId } from 'node:worker_threads';
import { sampled, sampledWord, wordsOf } from '../protocol/control-words.js';
import { type HeapProfileName, heapSettings } from '../protocol/heap-settings.js';
import { type InheritedSettings, inheritedKey, type WaitingMessage } from '../protocol/thread-channel.js';
import type { Control } from '../protocol/thread-control.js';
import { closeDoorsAtTermination } from './terminations.js';
import { threadControl } from './thread-control.js';

/*
 * Sampling that is on before a thread's first line. V8's sampler does not know optimised code that was entered before it
 * began (on-stack replacement): of a script with one hot loop all samples would be its caller's.
 *
 * Where Node has profile handles (24.12 and later) the thread starts one itself. Elsewhere it waits until the collector has
 * begun, which V8 lets in while it waits.
 */

/** The longest that a thread waits for the collector before its first line, in milliseconds. */
const patienceMs = 1000;

/** Begins with the main thread, where it can do that by itself, and tells worker threads to come where to turn to. */
export function beginMainThread(
  control: Control,
  settings: InheritedSettings,
  heapProfile: HeapProfileName | undefined,
): void {
  begin(control, settings);
  if (heapProfile !== undefined) control.startHeapEarly(heapSettings(heapProfile));
  setEnvironmentData(inheritedKey, settings as never);
}

/** Where it cannot: until the collector has begun, or takes too long. */
export function waitForMainThread(control: Control, settings: InheritedSettings): void {
  const words = wordsOf(settings.control);
  control.own(() => {
    if (Atomics.wait(words, sampledWord, sampled.no, patienceMs) === 'timed-out')
      Atomics.compareExchange(words, sampledWord, sampled.no, sampled.notWaitedFor);
  });
}

/** Worker threads to come are not sampled. */
export function endInheritance(): void {
  setEnvironmentData(inheritedKey, undefined as never);
}

/** To be called in a worker thread before its first line. */
export function beginWorkerThread(): void {
  const settings = getEnvironmentData(inheritedKey) as unknown as InheritedSettings | undefined;
  if (settings === undefined) return;
  const control = threadControl();
  begin(control, settings);
  closeDoorsAtTermination(settings);
  if (control.thread.hasHandles) return;
  const gate = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const collector = new BroadcastChannel(settings.channel);
  collector.postMessage({ threadId, gate } satisfies WaitingMessage);
  collector.close();
  control.own(() => Atomics.wait(new Int32Array(gate), 0, 0, patienceMs));
}

function begin(control: Control, settings: InheritedSettings): void {
  const { channel, labelBufferWords: words } = settings;
  control.readLabels({ channel, threadId, words });
  if (control.thread.hasHandles) control.startEarly(settings);
}
