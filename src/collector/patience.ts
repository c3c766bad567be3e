import { within } from '../protocol/within.js';

/** The application's thread may be blocked in native code for ever. Milliseconds. */
const answerPatienceMs = 10_000;

/** Waits for what the application's main thread has to do, and rejects when it does not get to it. */
export async function answered<T>(promise: Promise<T>): Promise<T> {
  const answer = await within(
    answerPatienceMs,
    promise.then((value) => ({ value })),
  );
  if (answer !== undefined) return answer.value;
  throw new Error(`the main thread has not answered for ${answerPatienceMs / 1000} s: it is blocked in native code`);
}
