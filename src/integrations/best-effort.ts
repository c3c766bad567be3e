import { type Labels, setLabels, withLabels } from '../labels/index.js';

/**
 * Runs `fn` under `labels` and, unless a sample cannot carry them all, under `extra`: labels that the application did not ask
 * for one by one must not make it fail.
 */
export function withExtraLabels<T>(labels: Labels, extra: Labels, fn: () => T): T {
  let hasBegun = false;
  const begin = () => {
    hasBegun = true;
    return fn();
  };
  try {
    return withLabels({ ...labels, ...extra }, begin);
  } catch (error) {
    // An error of `fn` is its caller's, whatever it is.
    if (hasBegun || !isLabelError(error)) throw error;
  }
  return withLabels(labels, fn);
}

/** Adds labels for the rest of the current context, unless a sample cannot carry them all. */
export function setExtraLabels(extra: Labels): void {
  try {
    setLabels(extra);
  } catch (error) {
    if (!isLabelError(error)) throw error;
  }
}

/** By its code, since another copy of the package may have thrown it. */
function isLabelError(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'ERR_PROFBUF_LABEL';
}
