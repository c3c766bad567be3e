import { foundState, labelProtocolVersion } from '../protocol/label-records.js';

/** Has this thread write down no more switches: nobody reads them, and whoever did may not have been able to say so. */
export function releaseReader(): void {
  const state = foundState();
  if (state?.version !== labelProtocolVersion || state.reader === undefined) return;
  delete state.reader;
  state.implementation?.readerChanged();
}
