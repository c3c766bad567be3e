import { type LabelState, labelStateKey } from './protocol.js';

/** Has this thread write down no more switches: nobody reads them, and whoever did may not have been able to say so. */
export function releaseReader(): void {
  const state = (globalThis as { [key: symbol]: LabelState | undefined })[Symbol.for(labelStateKey)];
  if (state?.reader === undefined) return;
  delete state.reader;
  state.implementation?.readerChanged();
}
