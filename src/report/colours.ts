import type { CodeKind, CodeOrigin } from './code-kind.js';

/** The colours of a picture, on a light or a dark page. */
export interface Palette {
  readonly isDark: boolean;
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly match: string;
  readonly focus: string;
}

const light: Palette = {
  isDark: false,
  background: '#ffffff',
  text: '#1b1f24',
  faint: '#eceff2',
  match: '#e8c520',
  focus: '#0b57d0',
};
const dark: Palette = {
  isDark: true,
  background: '#16191d',
  text: '#f3f5f7',
  faint: '#262b31',
  match: '#7d6200',
  focus: '#8ab4f8',
};

export function paletteOf(isDark: boolean): Palette {
  return isDark ? dark : light;
}

/** Warm: the program's own. Cool: what it depends on. Green: Node. Grey: the engine. */
const hues: Readonly<Record<CodeKind, { from: number; width: number; saturation: number }>> = {
  program: { from: 14, width: 34, saturation: 72 },
  dependency: { from: 200, width: 80, saturation: 48 },
  node: { from: 140, width: 14, saturation: 32 },
  runtime: { from: 220, width: 1, saturation: 5 },
};

/** The hue is the package's; a shade of it the function's, so that those side by side are told apart. */
export function originColour({ kind, package: packageName }: CodeOrigin, name: string, isDark: boolean): string {
  const { from, width, saturation } = hues[kind];
  return tone(from + (hash(packageName) % width), saturation, isDark, hash(name) >> 8);
}

/** All colours of a kind, as the background of a swatch. */
export function kindColours(kind: CodeKind, isDark: boolean): string {
  const { from, width, saturation } = hues[kind];
  const ends = [from, from + width].map((hue) => tone(hue, saturation, isDark, 1));
  return `linear-gradient(to right, ${ends.join(', ')})`;
}

export function nameColour(name: string, isDark: boolean): string {
  return tone(hash(name) % 360, 45, isDark, hash(name) >> 9);
}

function tone(hue: number, saturation: number, isDark: boolean, variant: number): string {
  const step = variant & 7;
  return isDark
    ? `hsl(${hue} ${Math.round(saturation * 0.62)}% ${22 + 1.5 * step}%)`
    : `hsl(${hue} ${saturation}% ${76 + 1.6 * step}%)`;
}

/** Values of a label that are told apart by colour; the last is for the rest. Told apart by people who see no red or green, too. */
const seriesLight = ['#9bcbe8', '#f5c56b', '#a5cf8c', '#f0a69e', '#bfaee0', '#d3b48f', '#8fd3c1', '#e3a9c3', '#d5dade'];
const seriesDark = ['#1f6f94', '#8f6400', '#466f2a', '#97463d', '#644b8c', '#7d5630', '#2b7a66', '#8a4a57', '#454c54'];

/** How many values of a label have a colour of their own. */
export const colouredValues = 8;

export function seriesColour(index: number, isDark: boolean): string {
  const series = isDark ? seriesDark : seriesLight;
  return series[Math.min(index, colouredValues)] ?? '';
}

/** Orange where the second has a larger share, blue where the first has, the paler the nearer they are. @param change -1 to 1. */
export function changeColour(change: number, isDark: boolean): string {
  const size = Math.min(1, Math.abs(change));
  const hue = change > 0 ? 24 : 212;
  return isDark
    ? `hsl(${hue} ${10 + 60 * size}% ${26 + 12 * size}%)`
    : `hsl(${hue} ${10 + 75 * size}% ${92 - 26 * size}%)`;
}

function hash(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 1;
}
