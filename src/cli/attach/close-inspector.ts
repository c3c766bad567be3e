import { within } from '../../protocol/within.js';
import { InspectorSession } from './inspector-session.js';

/** What is evaluated in a process to close its inspector. */
export const closing = `process.getBuiltinModule('node:inspector').close()`;

/** How long the process has for that, in milliseconds. */
const patienceMs = 3000;

/** Closes an inspector over a session of its own. */
export async function closeInspector(url: string): Promise<void> {
  const events = { onEvent() {}, onWorker() {}, onProgramEnd() {} };
  const session = await InspectorSession.connect(url, events).catch(() => undefined);
  session?.post('Runtime.evaluate', { expression: closing }).catch(() => {});
  await within(patienceMs, session?.closed ?? Promise.resolve());
  session?.destroy();
}
