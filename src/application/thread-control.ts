import { runInThisContext } from 'node:vm';
import { controlScript } from '../protocol/control-script.js';
import { type Control, controlKey, controlUrl } from '../protocol/thread-control.js';

/** This thread's control, which is made before the application's code runs if this is the preload. */
export function threadControl(): Control {
  const key = Symbol.for(controlKey);
  const holder = globalThis as { [key]?: Control };
  const known = holder[key];
  if (known !== undefined) return known;
  const value = runInThisContext(controlScript, { filename: controlUrl }) as Control;
  Object.defineProperty(holder, key, { value, configurable: true });
  return value;
}
