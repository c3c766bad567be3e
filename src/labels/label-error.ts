import { ProfbufError } from '../errors.js';

export function labelError(message: string): ProfbufError {
  return new ProfbufError('ERR_PROFBUF_LABEL', message);
}

/** For an error's message, whatever it is: of some values even the text cannot be made. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  try {
    return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
  } catch {
    return typeof value;
  }
}
