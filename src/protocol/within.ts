/**
 * Waits for an answer no longer than `patienceMs`.
 *
 * @returns `undefined` when it did not come in time. The promise may still settle later; nobody looks.
 */
export async function within<T>(patienceMs: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patienceMs, undefined);
  });
  try {
    return await Promise.race([promise, end]);
  } finally {
    clearTimeout(timer);
  }
}
