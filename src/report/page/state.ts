import type { CodeKind } from '../code-kind.js';
import { foldables, type Granularity, granularities } from '../keying.js';
import type { LabelFilter } from '../report-data.js';

export const views = ['flame', 'leaf', 'sandwich', 'tree'] as const;
export type View = (typeof views)[number];
export const sides = ['functions', 'labels', 'source', 'notes'] as const;
export type Side = (typeof sides)[number];
export const colourings = ['package', 'function', 'label'] as const;
export type Colouring = (typeof colourings)[number];

/** Everything that a person has chosen: the fragment of the address has it, so that a link brings it back. */
export interface State {
  readonly sampleType: string;
  readonly view: View;
  readonly side: Side;
  readonly granularity: Granularity;
  readonly folded: readonly CodeKind[];
  readonly filters: readonly LabelFilter[];
  /** The label that is looked at, grouped and coloured by. */
  readonly label: string;
  readonly isGrouped: boolean;
  readonly colouring: Colouring;
  /** Two values of the label to compare: `undefined` stands for samples without it. */
  readonly comparison: readonly [string | undefined, string | undefined] | undefined;
  readonly query: string;
  readonly isOnlyMatches: boolean;
  /** The function that is looked at: a key of the keying. */
  readonly selected: number | undefined;
  /** The keys from the root of the picture to what is as wide as the picture. The first one is the number of the root. */
  readonly zoom: readonly number[];
}

export const initialState: State = {
  sampleType: '',
  view: 'flame',
  side: 'functions',
  granularity: 'function',
  folded: [],
  filters: [],
  label: '',
  isGrouped: false,
  colouring: 'package',
  comparison: undefined,
  query: '',
  isOnlyMatches: false,
  selected: undefined,
  zoom: [],
};

/** A link is no longer than programs take; what is zoomed in on deeper than that is not in it. */
const longestZoom = 300;

/** What differs from the start, as parameters: `view=leaf&fold=node&is=route%3D%2Ffeed`. */
export function toFragment(state: State): string {
  const parameters = new URLSearchParams();
  const put = (name: string, value: string, usual: string) => {
    if (value !== usual) parameters.append(name, value);
  };
  put('type', state.sampleType, '');
  put('view', state.view, initialState.view);
  put('side', state.side, initialState.side);
  put('show', state.granularity, initialState.granularity);
  for (const kind of state.folded) parameters.append('fold', kind);
  for (const filter of state.filters) parameters.append(filter.isExcluded ? 'not' : 'is', pairText(filter));
  put('label', state.label, '');
  if (state.isGrouped) parameters.append('group', '1');
  put('colour', state.colouring, initialState.colouring);
  for (const value of state.comparison ?? []) parameters.append('compare', valueText(value));
  put('search', state.query, '');
  if (state.isOnlyMatches) parameters.append('only', '1');
  if (state.selected !== undefined) parameters.append('at', String(state.selected));
  if (state.zoom.length > 0 && state.zoom.length <= longestZoom) {
    parameters.append('zoom', state.zoom.map((key) => key.toString(36)).join('.'));
  }
  return parameters.toString();
}

/** What is not understood is left as it is at the start. */
export function fromFragment(fragment: string): State {
  const parameters = new URLSearchParams(fragment);
  const choice = <T extends string>(name: string, choices: readonly T[], usual: T): T =>
    choices.find((one) => one === parameters.get(name)) ?? usual;
  const filters = (name: string, isExcluded: boolean) =>
    parameters.getAll(name).map((text): LabelFilter => ({ ...pairOf(text), isExcluded }));
  const [a, b] = parameters.getAll('compare').map(valueIn);
  const at = Number.parseInt(parameters.get('at') ?? '', 10);
  return {
    sampleType: parameters.get('type') ?? '',
    view: choice('view', views, initialState.view),
    side: choice('side', sides, initialState.side),
    granularity: choice('show', granularities, initialState.granularity),
    folded: foldables.filter((kind) => parameters.getAll('fold').includes(kind)),
    filters: [...filters('is', false), ...filters('not', true)],
    label: parameters.get('label') ?? '',
    isGrouped: parameters.has('group'),
    colouring: choice('colour', colourings, initialState.colouring),
    comparison: parameters.getAll('compare').length === 2 ? [a, b] : undefined,
    query: parameters.get('search') ?? '',
    isOnlyMatches: parameters.has('only'),
    selected: Number.isSafeInteger(at) && at >= 0 ? at : undefined,
    zoom: (parameters.get('zoom') ?? '')
      .split('.')
      .map((key) => Number.parseInt(key, 36))
      .filter((key) => key >= 0),
  };
}

// A value begins with `=`, so that one that is missing is another than one that is empty.
const valueText = (value: string | undefined) => (value === undefined ? '' : `=${value}`);
const valueIn = (text: string) => (text.startsWith('=') ? text.slice(1) : undefined);

function pairText({ key, value }: LabelFilter): string {
  return encodeURIComponent(key) + valueText(value);
}

function pairOf(text: string): { key: string; value: string | undefined } {
  const at = text.indexOf('=');
  const key = at === -1 ? text : text.slice(0, at);
  return { key: decoded(key), value: at === -1 ? undefined : text.slice(at + 1) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
