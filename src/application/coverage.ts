/**
 * Writes the coverage that Node measures for `NODE_V8_COVERAGE`, and ends it, where Node would do so in a moment anyway.
 *
 * Where V8's sampler is used through the inspector, on Node 20 and 22, the end of our session switches V8 back from exact counts, of
 * every block, to an estimate by function, for all sessions of the thread. So coverage has to be on disk before.
 */
export function coverageKeeper(usesInspector: boolean): () => void {
  if (!usesInspector || (process.env.NODE_V8_COVERAGE ?? '') === '') return () => {};
  const { takeCoverage, stopCoverage } = process.getBuiltinModule('node:v8');
  let isKept = false;
  return () => {
    if (isKept) return;
    isKept = true;
    takeCoverage();
    stopCoverage();
  };
}
