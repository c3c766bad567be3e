import {
  type Definitions,
  foundState,
  type LabelState,
  labelProtocolVersion,
  labelStateKey,
  type SwitchReader,
} from '../../protocol/label-records.js';

/** Where are this thread's labels? The package's own code may not be loaded here yet, or never: then their place is made. */
function state(): LabelState {
  const found = foundState();
  if (found !== undefined) return found;
  const value: LabelState = { version: labelProtocolVersion };
  Object.defineProperty(globalThis, Symbol.for(labelStateKey), { value, configurable: true, enumerable: false });
  return value;
}

export function readLabels(reader: SwitchReader | undefined): boolean {
  const labels = state();
  if (labels.version !== labelProtocolVersion) return false;
  if (reader === undefined) delete labels.reader;
  else labels.reader = reader;
  labels.implementation?.readerChanged();
  return true;
}

export function leaveLabels(): void {
  state().implementation?.leave?.();
}

export function defineLabels(tags: readonly number[]): Definitions | undefined {
  return state().implementation?.define(tags);
}
