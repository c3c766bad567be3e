import { amount, share } from '../amounts.js';
import type { CallTree, Group } from '../call-tree.js';
import { changeColour, nameColour, originColour, paletteOf, seriesColour } from '../colours.js';
import type { Weights } from '../weights.js';
import type { Analysis } from './analysis.js';
import { shownName } from './element.js';
import type { Appearance } from './flame-view.js';
import type { State } from './state.js';

/** How does a call tree look under a person's choices? */
export function appearanceOf(analysis: Analysis, state: State, tree: CallTree, isDark: boolean): Appearance {
  const { comparison, matched, unit, keying } = analysis;
  const parts = state.colouring === 'label' ? analysis.parts : [];
  const colours: string[] = [];
  const keyColour = (key: number): string => {
    const known = colours[key];
    if (known !== undefined) return known;
    const colour =
      state.colouring === 'function'
        ? nameColour(analysis.keyName(key), isDark)
        : originColour(analysis.data.origins.of(keying.representative[key] ?? 0), analysis.keyName(key), isDark);
    colours[key] = colour;
    return colour;
  };
  const names: string[] = [];
  const palette = paletteOf(isDark);

  const nameOf = (group: Group): string => {
    if (group.key < 0) return shownName(group.title ?? `all ${amount(group.total, unit)}`);
    names[group.key] ??= shownName(analysis.keyName(group.key));
    return names[group.key] ?? '';
  };

  return {
    palette,
    name: nameOf,
    isMatch: (group) => (matched === undefined || group.key < 0 ? undefined : matched[group.key] === 1),
    isSelected: (group) => group.key >= 0 && group.key === state.selected,
    fill(group) {
      if (comparison !== undefined) return changeColour(changeOf(tree, group, comparison.weights), isDark);
      if (state.colouring === 'label' && parts.length > 0) {
        const segments = parts
          .map(
            ({ weights, colour }) =>
              [seriesColour(colour, isDark), tree.valueUnder(group, weights) / group.total] as const,
          )
          .filter(([, part]) => part > 0);
        // Grouped by the label, a group is all of one value, whatever others have at the same nodes.
        const own = group.title ?? rootOf(group).title;
        const part = parts.find(({ title }) => title === own);
        return part === undefined ? segments : seriesColour(part.colour, isDark);
      }
      return group.key < 0 ? palette.faint : keyColour(group.key);
    },
    describe(group) {
      const total = tree.total;
      const lines = [nameOf(group)];
      const place = group.key < 0 ? '' : analysis.keyPlace(group.key);
      if (place !== '') lines.push(shownName(place));
      lines.push(`${amount(group.total, unit)}, ${share(group.total, total)}`);
      if (group.key >= 0 && state.view !== 'leaf') {
        tree.childrenOf(group);
        if (group.self !== 0 && group.self !== group.total) lines.push(`${amount(group.self, unit)} in itself`);
      }
      if (comparison !== undefined) {
        const [a, b] = comparison.weights;
        const [nameOfA, nameOfB] = comparison.names;
        lines.push(
          `${shownName(nameOfA)}: ${share(tree.valueUnder(group, a), a.all)}, ${shownName(nameOfB)}: ${share(tree.valueUnder(group, b), b.all)}`,
        );
      } else if (state.colouring === 'label' && group.title === undefined && rootOf(group).title === undefined) {
        for (const { weights, title } of parts) {
          const value = tree.valueUnder(group, weights);
          if (value !== 0)
            lines.push(`${shownName(title ?? '')}: ${amount(value, unit)}, ${share(value, group.total)}`);
        }
      }
      return lines;
    },
  };
}

/** From -1, only in the first, to 1, only in the second: by their shares. */
export function changeOf(tree: CallTree, group: Group, [a, b]: readonly [Weights, Weights]): number {
  const shareOfA = a.all === 0 ? 0 : tree.valueUnder(group, a) / a.all;
  const shareOfB = b.all === 0 ? 0 : tree.valueUnder(group, b) / b.all;
  const larger = Math.max(Math.abs(shareOfA), Math.abs(shareOfB));
  return larger === 0 ? 0 : (shareOfB - shareOfA) / larger;
}

function rootOf(group: Group): Group {
  let root = group;
  while (root.parent !== undefined) root = root.parent;
  return root;
}
