import {
  type Definitions,
  foundState,
  type LabelState,
  labelProtocolVersion,
  labelStateKey,
  type SwitchReader,
} from '../../protocol/label-records.js';

/**
 * Where are this thread's labels? In the state that all copies of the package share. The package's own code may not be
 * loaded here yet, or never: then its state is made for it.
 */
const state: LabelState = foundState() ?? made();

function made(): LabelState {
  const value: LabelState = { version: labelProtocolVersion };
  Object.defineProperty(globalThis, Symbol.for(labelStateKey), { value, configurable: true, enumerable: false });
  return value;
}

export function readLabels(reader: SwitchReader | undefined): boolean {
  if (state.version !== labelProtocolVersion) return false;
  if (reader === undefined) delete state.reader;
  else state.reader = reader;
  state.implementation?.readerChanged();
  return true;
}

export function defineLabels(tags: readonly number[]): Definitions | undefined {
  return state.implementation?.define(tags);
}
