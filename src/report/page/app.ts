import { amount, share } from '../amounts.js';
import type { CallTree, Group } from '../call-tree.js';
import { changeColour, kindColours, seriesColour } from '../colours.js';
import type { ReportColumns } from '../columns.js';
import { isWarning } from '../comment.js';
import { foldables, granularities } from '../keying.js';
import { ReportData } from '../report-data.js';
import { Analysis, valueName } from './analysis.js';
import { appearanceOf } from './appearance.js';
import { byId, element, shownName } from './element.js';
import { FlameView } from './flame-view.js';
import { FunctionsPanel } from './functions-panel.js';
import { LabelsPanel, setOptions } from './labels-panel.js';
import { notesList, summaryOf } from './notes.js';
import { SourcePanel } from './source-panel.js';
import {
  colourings,
  fromFragment,
  initialState,
  type Side,
  type State,
  sides,
  toFragment,
  type View,
  views,
} from './state.js';
import { TreePanel } from './tree-panel.js';

const viewNames: Readonly<Record<View, string>> = {
  flame: 'Flame graph',
  leaf: 'Leaf up',
  sandwich: 'Sandwich',
  tree: 'Tree',
};
const sideNames: Readonly<Record<Side, string>> = {
  functions: 'Functions',
  labels: 'Labels',
  source: 'Lines',
  notes: 'Notes',
};

/** The page: what a person has chosen, and everything that shows it. */
export class App {
  #state: State = initialState;
  #analysis: Analysis | undefined;
  /** How many steps of this page the browser can go back. */
  #steps = 0;
  /** What the address says, as far as it is from here. */
  #fragment = '';
  #isDrawn = true;
  #isPrinting = false;
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');

  readonly #search = byId('search', HTMLInputElement);
  readonly #only = byId('only', HTMLInputElement);
  readonly #found = byId('found', HTMLOutputElement);
  readonly #type = byId('type', HTMLSelectElement);
  readonly #thread = byId('thread', HTMLSelectElement);
  readonly #show = byId('show', HTMLSelectElement);
  readonly #colour = byId('colour', HTMLSelectElement);
  readonly #folds = foldables.map((kind) => [kind, byId(`fold-${kind}`, HTMLInputElement)] as const);
  readonly #chips = byId('chips', HTMLElement);
  readonly #caption = byId('caption', HTMLElement);
  readonly #announcement = byId('announcement', HTMLElement);
  readonly #legend = byId('legend', HTMLElement);
  readonly #hint = byId('sandwich-hint', HTMLElement);
  readonly #tabs = [
    ...views.map((view) => this.#tab('view', view, viewNames[view])),
    ...sides.map((side) => this.#tab('side', side, sideNames[side])),
  ];

  readonly #flame: FlameView;
  readonly #callers: FlameView;
  readonly #callees: FlameView;
  readonly #tree: TreePanel;
  readonly #functions: FunctionsPanel;
  readonly #labels: LabelsPanel;
  readonly #source: SourcePanel;

  constructor() {
    const tip = byId('tip', HTMLElement);
    const select = (group: Group) => {
      if (group.key >= 0) this.#change({ selected: group.key }, false);
    };
    const announce = (text: string) => {
      this.#announcement.textContent = text;
    };
    const zoom = (path: readonly Group[]) => {
      const { tree } = this.#now();
      const keys = this.#now().keysOf(tree, path);
      // The root alone is the whole picture.
      this.#change({ zoom: keys.length === 1 && tree.roots.length === 1 ? [] : keys });
    };
    this.#flame = new FlameView('Flame graph', tip, { select, announce, zoom });
    const around = { select: (group: Group) => this.#open(group.key), announce, zoom: () => {} };
    this.#callers = new FlameView('Callers', tip, around, true);
    this.#callees = new FlameView('Callees', tip, around);
    this.#tree = new TreePanel(select);
    this.#functions = new FunctionsPanel({
      select: (key) => this.#change({ selected: key }, false),
      open: (key) => this.#open(key),
    });
    this.#labels = new LabelsPanel((change) => this.#change(change));
    this.#source = new SourcePanel((key) => this.#open(key));
    byId('view-flame', HTMLElement).append(this.#flame.element);
    byId('callers', HTMLElement).append(this.#callers.element);
    byId('callees', HTMLElement).append(this.#callees.element);
    byId('view-tree', HTMLElement).append(this.#tree.element);
    byId('side-functions', HTMLElement).append(this.#functions.element);
    byId('side-labels', HTMLElement).append(this.#labels.element);
    byId('side-source', HTMLElement).append(this.#source.element);
    this.#listen();
  }

  /** Shows a profile in place of the one before. */
  load(columns: ReportColumns): void {
    this.#fragment = location.hash.slice(1);
    this.#state = fromFragment(this.#fragment);
    const { comparing } = columns;
    if (comparing !== undefined && this.#fragment === '') {
      const [label, ...comparison] = comparing;
      this.#state = { ...this.#state, label, comparison };
    }
    const data = new ReportData(columns);
    const before = this.#chosenFunction();
    const isAnother = this.#analysis !== undefined;
    this.#analysis = new Analysis(data, this.#state);
    // What is zoomed in on and chosen goes by numbers, which are those of one profile.
    if (isAnother) this.#change({ zoom: [], selected: before && this.#keyOf(...before) }, false);
    document.title = `${shownName(columns.title)} – profbuf`;
    byId('title', HTMLElement).textContent = shownName(columns.title);
    byId('summary', HTMLElement).textContent = summaryOf(columns);
    const warnings = columns.comments.filter(isWarning);
    byId('warnings', HTMLElement).replaceChildren(...warnings.map((text) => element('li', {}, shownName(text))));
    const losses = byId('losses', HTMLDetailsElement);
    losses.hidden = warnings.length === 0;
    // A few are read at once; many would take the picture's place.
    losses.open = warnings.length <= 2;
    byId('losses-count', HTMLElement).textContent =
      `${warnings.length === 1 ? 'One note' : `${warnings.length} notes`} on what is missing or was held up`;
    byId('side-notes', HTMLElement).replaceChildren(
      columns.comments.length === 0
        ? element('p', { class: 'hint' }, 'The profile says nothing of itself.')
        : notesList(columns.comments),
    );
    setOptions(
      this.#type,
      columns.sampleTypes.map(({ type }) => [type, shownName(type)]),
      '',
    );
    byId('report', HTMLElement).hidden = false;
    this.#draw();
  }

  /** Name and file of the function that is looked at. */
  #chosenFunction(): [name: string, file: string] | undefined {
    const { selected } = this.#state;
    const index = selected === undefined ? undefined : this.#analysis?.keying.representative[selected];
    const data = this.#analysis?.data;
    return index === undefined || data === undefined ? undefined : [data.functionName(index), data.functionFile(index)];
  }

  #keyOf(name: string, file: string): number | undefined {
    const { data, keying } = this.#now();
    const { frames } = data.columns;
    const frame = frames.function.findIndex(
      (index) => data.functionName(index) === name && data.functionFile(index) === file,
    );
    return keying.ofFrame[frame];
  }

  #now(): Analysis {
    if (this.#analysis === undefined) throw new Error('there is no profile yet');
    return this.#analysis;
  }

  /** @param isStep Whether the browser's way back comes by here. */
  #change(change: Partial<State>, isStep = true): void {
    if (this.#analysis === undefined) return;
    const isOtherKeying = change.granularity !== undefined || change.folded !== undefined;
    // Keys are others then, but a function may be found again.
    const index =
      this.#state.selected === undefined ? undefined : this.#now().keying.representative[this.#state.selected];
    this.#state = { ...this.#state, ...change, ...(isOtherKeying ? { zoom: [] } : {}) };
    this.#now().state = this.#state;
    if (isOtherKeying && index !== undefined) {
      const { frames } = this.#now().data.columns;
      const frame = frames.function.indexOf(index);
      this.#state = { ...this.#state, selected: this.#now().keying.ofFrame[frame] };
      this.#now().state = this.#state;
    }
    const before = this.#fragment;
    this.#fragment = toFragment(this.#state);
    if (isStep && this.#fragment !== before) this.#steps++;
    if (isStep) location.hash = this.#fragment;
    else location.replace(`#${this.#fragment}`);
    this.#drawSoon();
  }

  #open(key: number): void {
    if (key >= 0) this.#change({ selected: key, view: 'sandwich' });
  }

  #listen(): void {
    const change = (change: Partial<State>) => this.#change(change);
    this.#search.addEventListener('input', () =>
      this.#change({ query: this.#search.value, ...this.#keptZoom() }, false),
    );
    this.#only.addEventListener('change', () => change({ isOnlyMatches: this.#only.checked, zoom: [] }));
    this.#type.addEventListener('change', () => change({ sampleType: this.#type.value, zoom: [] }));
    this.#show.addEventListener('change', () => {
      const granularity = granularities.find((one) => one === this.#show.value);
      if (granularity !== undefined) change({ granularity });
    });
    this.#colour.addEventListener('change', () => {
      const colouring = colourings.find((one) => one === this.#colour.value);
      if (colouring !== undefined) change({ colouring });
    });
    this.#thread.addEventListener('change', () => this.#chooseThread());
    for (const [, box] of this.#folds) {
      box.addEventListener('change', () =>
        change({ folded: this.#folds.filter(([, { checked }]) => checked).map(([kind]) => kind) }),
      );
    }
    const keys = byId('keys', HTMLDialogElement);
    byId('keys-close', HTMLButtonElement).addEventListener('click', () => keys.close());
    byId('help', HTMLButtonElement).addEventListener('click', () => keys.showModal());
    byId('back', HTMLButtonElement).addEventListener('click', () => history.back());
    byId('whole', HTMLButtonElement).addEventListener('click', () => change({ zoom: [] }));
    addEventListener('hashchange', () => {
      if (location.hash.slice(1) === this.#fragment || this.#analysis === undefined) return;
      this.#fragment = location.hash.slice(1);
      this.#steps = Math.max(0, this.#steps - 1);
      this.#state = fromFragment(this.#fragment);
      this.#analysis.state = this.#state;
      this.#drawSoon();
    });
    this.#dark.addEventListener('change', () => this.#drawSoon());
    addEventListener('beforeprint', () => this.#print(true));
    addEventListener('afterprint', () => this.#print(false));
    addEventListener('keydown', (event) => {
      const isTyping = event.target instanceof HTMLInputElement && event.target.type !== 'checkbox';
      if (keys.open) return;
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping || event.target instanceof HTMLSelectElement) {
        if (event.key === 'Escape' && event.target === this.#search) this.#search.blur();
        return;
      }
      const view = views[Number(event.key) - 1];
      if (event.key === '/') this.#search.focus();
      else if (event.key === '?') keys.showModal();
      else if (view !== undefined) change({ view, zoom: [] });
      else if (event.key === '0') change({ zoom: [] });
      else return;
      event.preventDefault();
    });
  }

  /** Where only what matches is shown, other letters make another tree. */
  #keptZoom(): Partial<State> {
    return this.#state.isOnlyMatches ? { zoom: [] } : {};
  }

  #chooseThread(): void {
    const { thread } = this.#now().data;
    if (thread === undefined) return;
    const others = this.#state.filters.filter(({ key }) => key !== thread.key);
    const choice = this.#thread.value;
    const value = choice === 'main' ? undefined : choice.slice(1);
    const own = choice === '' ? [] : [{ key: thread.key, value, isExcluded: false }];
    this.#change({ filters: [...others, ...own], zoom: [] });
  }

  #tab(group: 'view' | 'side', name: View | Side, title: string): HTMLButtonElement {
    const panel = `${group}-${name}`;
    const tab = element('button', { type: 'button', role: 'tab', id: `tab-${panel}`, 'aria-controls': panel }, title);
    byId(panel, HTMLElement).setAttribute('aria-labelledby', tab.id);
    const list = byId(group === 'view' ? 'views' : 'sides', HTMLElement);
    tab.addEventListener('click', () => this.#change({ [group]: name, ...(group === 'view' ? { zoom: [] } : {}) }));
    tab.addEventListener('keydown', ({ key }) => {
      const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
      const all = [...list.querySelectorAll('button')];
      const next = all[(all.indexOf(tab) + step + all.length) % all.length];
      if (step === 0 || next === undefined) return;
      next.focus();
      next.click();
    });
    list.append(tab);
    return tab;
  }

  #drawSoon(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => {
      this.#isDrawn = true;
      this.#drawPicture();
      // The tables come later, so that the picture does not wait for them.
      setTimeout(() => this.#drawSide());
    });
  }

  #draw(): void {
    this.#drawPicture();
    this.#drawSide();
  }

  #drawPicture(): void {
    const analysis = this.#now();
    const state = this.#state;
    this.#drawControls();
    byId('nothing', HTMLElement).hidden = analysis.weights.all !== 0;
    byId('nothing', HTMLElement).textContent =
      analysis.everything === 0 ? 'No samples have this value.' : 'No samples pass what is chosen above.';
    const isDark = this.#dark.matches && !this.#isPrinting;
    for (const view of views) byId(`view-${view}`, HTMLElement).hidden = view !== state.view;
    if (state.view === 'sandwich') this.#drawSandwich(isDark);
    else {
      const { tree } = analysis;
      const appearance = appearanceOf(analysis, state, tree, isDark);
      if (state.view === 'tree') this.#tree.show(analysis, tree, appearance);
      else {
        // Two of the tabs are one picture, from either end.
        const panel = byId(`view-${state.view}`, HTMLElement);
        // What is moved loses the keyboard.
        if (this.#flame.element.parentElement !== panel) panel.append(this.#flame.element);
        this.#flame.show(tree, analysis.pathOf(tree, state.zoom), appearance);
      }
    }
    this.#drawCaption();
    this.#drawLegend(isDark);
  }

  #drawSandwich(isDark: boolean): void {
    const { selected } = this.#state;
    const analysis = this.#now();
    const isChosen = selected !== undefined && selected < analysis.keying.count;
    this.#hint.hidden = isChosen;
    byId('sandwich', HTMLElement).hidden = !isChosen;
    if (!isChosen) return;
    const { callers, callees } = analysis.around(selected);
    const look = (tree: CallTree) => appearanceOf(analysis, this.#state, tree, isDark);
    this.#callers.show(callers, [], look(callers));
    this.#callees.show(callees, [], look(callees));
  }

  #drawSide(): void {
    const analysis = this.#now();
    const { side, selected } = this.#state;
    for (const one of sides) byId(`side-${one}`, HTMLElement).hidden = one !== side;
    if (side === 'functions') this.#functions.show(analysis, this.#state);
    else if (side === 'labels') this.#labels.show(analysis, this.#state, this.#dark.matches && !this.#isPrinting);
    else if (side === 'source') this.#source.show(analysis, selected);
    this.#drawFound();
  }

  #drawControls(): void {
    const analysis = this.#now();
    const state = this.#state;
    if (this.#search.value !== state.query) this.#search.value = state.query;
    this.#only.checked = state.isOnlyMatches;
    this.#type.value = analysis.data.columns.sampleTypes[analysis.sampleType]?.type ?? '';
    this.#show.value = state.granularity;
    this.#colour.value = state.colouring;
    for (const [kind, box] of this.#folds) box.checked = state.folded.includes(kind);
    for (const tab of this.#tabs) {
      const isChosen = [`tab-view-${state.view}`, `tab-side-${state.side}`].includes(tab.id);
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
    this.#drawThreads();
    this.#chips.replaceChildren(
      ...state.filters.map((filter) => {
        const text = `${shownName(filter.key)} ${filter.isExcluded ? '≠' : '='} ${shownName(valueName(filter.value))}`;
        const chip = element(
          'button',
          { type: 'button', class: 'chip', 'aria-label': `remove the filter ${text}` },
          text,
          ' ×',
        );
        chip.addEventListener('click', () =>
          this.#change({ filters: this.#state.filters.filter((one) => one !== filter), zoom: [] }),
        );
        return chip;
      }),
    );
  }

  #drawThreads(): void {
    const { thread, columns } = this.#now().data;
    byId('threads', HTMLElement).hidden = thread === undefined;
    if (thread === undefined) return;
    // Of a profile of ours, samples of the main thread have no such label.
    const isOurs = columns.comments.some((comment) => comment.startsWith('profbuf: '));
    const own = this.#state.filters.filter(({ key, isExcluded }) => key === thread.key && !isExcluded);
    const [chosen] = own;
    setOptions(
      this.#thread,
      [
        ['', 'all'],
        ...(thread.ofSet.includes(-1) ? [['main', isOurs ? 'main thread' : '(none)'] as const] : []),
        ...thread.values.slice(0, 1000).map((value) => [`=${value}`, shownName(value)] as const),
      ],
      chosen === undefined ? '' : chosen.value === undefined ? 'main' : `=${chosen.value}`,
    );
  }

  #drawCaption(): void {
    const analysis = this.#now();
    const { weights, everything, unit } = analysis;
    const type = analysis.data.columns.sampleTypes[analysis.sampleType]?.type ?? '';
    const isAll = weights.all === everything;
    const shown = isAll
      ? `${amount(everything, unit)} ${shownName(type)}`
      : `${amount(weights.all, unit)} of ${amount(everything, unit)} ${shownName(type)}, ${share(weights.all, everything)}`;
    const zoomed = this.#state.view === 'sandwich' ? [] : analysis.pathOf(analysis.tree, this.#state.zoom);
    const group = zoomed.at(-1);
    const { selected, view } = this.#state;
    const at =
      view === 'sandwich' && selected !== undefined && selected < analysis.keying.count
        ? `callers and callees of ${shownName(analysis.keyName(selected))}: ${amount(analysis.values.cum[selected] ?? 0, unit)}, ${share(analysis.values.cum[selected] ?? 0, weights.all)}`
        : group === undefined
          ? ''
          : `zoomed in on ${shownName(group.key < 0 ? (group.title ?? '') : analysis.keyName(group.key))}: ${amount(group.total, unit)}, ${share(group.total, weights.all)}`;
    this.#caption.textContent = [shown, at].filter((text) => text !== '').join(' · ');
    byId('back', HTMLButtonElement).disabled = this.#steps === 0;
    byId('whole', HTMLButtonElement).disabled = this.#state.zoom.length === 0;
  }

  #drawFound(): void {
    const analysis = this.#now();
    const { searchProblem, matched, weights, unit } = analysis;
    this.#search.setAttribute('aria-invalid', String(searchProblem !== undefined));
    this.#found.className = searchProblem === undefined ? '' : 'problem';
    if (searchProblem !== undefined) this.#found.textContent = `no regular expression: ${searchProblem}`;
    else if (matched === undefined) this.#found.textContent = '';
    else {
      const count = matched.reduce((sum, one) => sum + one, 0);
      const value = analysis.matchedValue;
      this.#found.textContent =
        count === 0
          ? 'nothing found'
          : `${count.toLocaleString('en-US')} found, ${amount(value, unit)}, ${share(value, weights.all)}`;
    }
  }

  #drawLegend(isDark: boolean): void {
    const swatch = (colour: string, text: string) => {
      const square = element('span', { class: 'swatch', 'aria-hidden': 'true' });
      square.style.background = colour;
      return element('span', {}, square, ` ${text}`);
    };
    const { comparison } = this.#now();
    if (comparison !== undefined) {
      const [a, b] = comparison.names.map(shownName);
      this.#legend.replaceChildren(
        swatch(changeColour(-1, isDark), `larger share in ${a}`),
        swatch(changeColour(0, isDark), 'the same'),
        swatch(changeColour(1, isDark), `larger share in ${b}`),
      );
    } else if (this.#state.colouring === 'package') {
      this.#legend.replaceChildren(
        swatch(kindColours('program', isDark), 'the program'),
        swatch(kindColours('dependency', isDark), 'dependencies'),
        swatch(kindColours('node', isDark), 'Node.js'),
        swatch(kindColours('runtime', isDark), 'engine, native'),
      );
    } else if (this.#state.colouring === 'label') {
      this.#legend.replaceChildren(
        ...this.#now().parts.map(({ title, colour }) => swatch(seriesColour(colour, isDark), shownName(title))),
      );
    } else this.#legend.replaceChildren();
  }

  #print(isPrinting: boolean): void {
    this.#isPrinting = isPrinting;
    if (this.#analysis === undefined) return;
    if (isPrinting) byId('losses', HTMLDetailsElement).open = true;
    for (const part of [
      this.#flame,
      this.#callers,
      this.#callees,
      this.#tree,
      this.#functions,
      this.#labels,
      this.#source,
    ]) {
      part.isPrinting = isPrinting;
    }
    this.#draw();
  }
}
