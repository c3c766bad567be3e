import type { Frame } from '../../profile/frame.js';
import { frameOf } from '../../profile/frame-name.js';
import { within } from '../../protocol/within.js';
import { type OnEvent, SessionEnded, type Target } from './inspector-session.js';

/** What a thread does. */
export interface ThreadStack {
  /** Empty for the main thread. */
  readonly name: string;
  /**
   * `running`: JavaScript, with its frames; `waiting`: its event loop has nothing to do just now; `silent`: it is in native code,
   * such as a system call that blocks, where V8 can look at nothing.
   */
  readonly state: 'running' | 'waiting' | 'silent';
  /** Leaf first. */
  readonly frames: readonly Frame[];
}

/** A thread that runs JavaScript looks for interrupts many thousand times a second, but the machine may have no time for it. */
const answerMs = 2000;
/** A thread that answers stops at its next function or loop. One that does not in this time has nothing to run. */
const pauseMs = 200;

/**
 * What does the thread do right now? It stops for as long as its answer is on its way, which the debugger's domain is switched on
 * for; both are over when this returns.
 *
 * @param listen Has the thread's events handed to a listener.
 */
export async function stackOf(name: string, target: Target, listen: (listener: OnEvent) => void): Promise<ThreadStack> {
  let onPaused: (frames: readonly Frame[]) => void = () => {};
  const paused = new Promise<readonly Frame[]>((resolve) => {
    onPaused = resolve;
  });
  // V8 leaves the urls of frames empty, and names their scripts before.
  const urls = new Map<string, string>();
  listen((method, parameters) => {
    if (method === 'Debugger.scriptParsed') urls.set(String(parameters.scriptId), String(parameters.url));
    if (method !== 'Debugger.paused') return;
    // At once: what the program's thread waits for is this.
    target.post('Debugger.resume').catch(() => {});
    onPaused(framesOf(parameters.callFrames, urls));
  });
  let isEnabled = false;
  const enabled = target.post('Debugger.enable').then(
    () => {
      isEnabled = true;
    },
    (error) => {
      if (!(error instanceof SessionEnded)) throw error;
    },
  );
  target.post('Debugger.pause').catch(() => {});
  await within(answerMs, enabled);
  let frames: readonly Frame[] | undefined;
  if (isEnabled)
    await within(
      pauseMs,
      paused.then((found) => {
        frames = found;
      }),
    );
  // It takes back a pause that has not come about.
  await within(
    isEnabled ? answerMs : 0,
    target.post('Debugger.disable').catch(() => {}),
  );
  listen(() => {});
  if (frames !== undefined) return { name, state: 'running', frames };
  return { name, state: isEnabled ? 'waiting' : 'silent', frames: [] };
}

interface CallFrame {
  readonly functionName: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number };
  readonly functionLocation?: { readonly lineNumber: number; readonly columnNumber?: number };
}

function framesOf(callFrames: unknown, urls: ReadonlyMap<string, string>): readonly Frame[] {
  return (callFrames as readonly CallFrame[]).map(({ functionName, location, functionLocation }) => {
    const url = urls.get(location.scriptId) ?? '';
    const lineNumber = functionLocation?.lineNumber ?? -1;
    const columnNumber = functionLocation?.columnNumber ?? -1;
    return frameOf({ functionName, url, lineNumber, columnNumber }, location.lineNumber + 1);
  });
}
