import type { Session } from 'node:inspector';

/**
 * Keeps what Node measures for `NODE_V8_COVERAGE` as it would be without a profiler.
 *
 * Where V8's sampler is used through the inspector, on Node 20 and 22, the end of our session switches V8 back from exact counts, of
 * every block, to an estimate by function, for all sessions of the thread, and what was counted is gone. So Node writes its file before; and a
 * session of the thread's own, which Node does not wait for, switches V8 to exact counts again, lest Node's last file has the estimate. Who
 * reads coverage adds up all files.
 *
 * @returns ends our session by calling what it is given.
 */
export function coverageKeeper(usesInspector: boolean): (end: () => void) => void {
  if (!usesInspector || (process.env.NODE_V8_COVERAGE ?? '') === '') return (end) => end();
  const { takeCoverage } = process.getBuiltinModule('node:v8');
  const inspector = process.getBuiltinModule('node:inspector');
  let session: Session | undefined;
  return (end) => {
    takeCoverage();
    end();
    session ??= new inspector.Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  };
}
