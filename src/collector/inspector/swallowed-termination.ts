import type { Target } from './target.js';

/** How V8 answers a command whose JavaScript was terminated from outside. */
const answer = 'Execution was terminated';

/** Whether a command was answered by a termination, and may be sent again. */
export function isTerminated(error: Error): boolean {
  return error.message.includes(answer);
}

export const terminateExecution = 'Runtime.terminateExecution';

/**
 * How long a worker thread has to end by itself, in milliseconds. Most do: it was in the loop of events, or between two checks. Node
 * aborts the process if a message for a thread comes in the microsecond in which that thread destroys its end of
 * the session (26.10: 4 times in some 4,000 threads that were sent one at once), so none is sent to one that is ending.
 */
const workerMs = 50;

/**
 * Was it a command of ours that a termination met, in place of the program's code? Then it is asked for once more.
 *
 * `worker.terminate()`, the end of the process, and the time-outs of `node:vm` set V8's one flag of the thread, and V8 throws at the
 * next check. If that is in a command, which the thread runs as an interrupt, the inspector takes what was thrown for its own: the flag
 * is down, and the program's loop goes on for ever, with whoever waits for its end (Node 20 to 26).
 *
 * Should what the flag was for be over by now, V8 lets it pass at the end of the outermost call.
 */
export function passOnTermination(target: Target, error: string, thread: 'main' | 'worker'): void {
  if (!error.includes(answer)) return;
  const terminate = () => target.post(terminateExecution).catch(() => {});
  if (thread === 'main') terminate();
  else setTimeout(terminate, workerMs).unref();
}
