import type { Target } from './target.js';

/** How V8 answers a command whose JavaScript was terminated from outside. */
const answer = 'Execution was terminated';

/**
 * Was it a command of ours that a termination met, in place of the program's code? Then it is asked for once more.
 *
 * `worker.terminate()`, the end of the process, and the time-outs of `node:vm` set V8's one flag of the thread, and V8 throws at the
 * next check. If that is in a command, which the thread runs as an interrupt, the inspector takes what was thrown for its own: the flag
 * is down, and the program's loop goes on for ever, with whoever waits for its end (Node 20 to 26; of 300 busy worker threads
 * that were terminated in their first 100 ms under the profiler, 2 ran on).
 *
 * What the flag was for runs still, or is over within the millisecond that this takes; V8 then lets it pass at the end of
 * the outermost call.
 */
export function passOnTermination(target: Target, error: string): void {
  if (!error.includes(answer)) return;
  // A thread that has ended by now does not answer.
  target.post('Runtime.terminateExecution').catch(() => {});
}
