import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  changeColour,
  colouredValues,
  nameColour,
  originColour,
  paletteOf,
  seriesColour,
} from '#profbuf/report/colours.js';

type Rgb = readonly [number, number, number];

/** Red, green and blue from 0 to 1, of `#rrggbb` and `hsl(h s% l%)`. */
function rgbOf(colour: string): Rgb {
  const hex = /^#(..)(..)(..)$/.exec(colour);
  if (hex !== null)
    return [hex[1], hex[2], hex[3]].map((part = '') => Number.parseInt(part, 16) / 255) as unknown as Rgb;
  const [, h, s, l] = /^hsl\(([\d.]+) ([\d.]+)% ([\d.]+)%\)$/.exec(colour) ?? assert.fail(colour);
  const [hue, saturation, lightness] = [Number(h), Number(s) / 100, Number(l) / 100];
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    return lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return [part(0), part(8), part(4)];
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  ) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** As WCAG has it: 1 to 21. */
function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const mixed = (over: Rgb, under: Rgb, alpha: number) =>
  over.map((part, index) => part * alpha + (under[index] ?? 0) * (1 - alpha)) as unknown as Rgb;

describe('text on the frames of a picture', () => {
  for (const isDark of [false, true]) {
    it(`has a contrast of at least 4.5 on a ${isDark ? 'dark' : 'light'} page`, () => {
      const palette = paletteOf(isDark);
      const names = Array.from({ length: 3000 }, (_, index) => `name${index}`);
      const colours = new Set([
        palette.faint,
        palette.match,
        ...names.map((name) => nameColour(name, isDark)),
        ...(['program', 'dependency', 'node', 'runtime'] as const).flatMap((kind) =>
          names.map((name, index) => originColour({ kind, package: `package${index % 300}` }, name, isDark)),
        ),
        ...Array.from({ length: colouredValues + 1 }, (_, index) => seriesColour(index, isDark)),
        ...Array.from({ length: 41 }, (_, index) => changeColour(index / 20 - 1, isDark)),
      ]);
      const text = rgbOf(palette.text);
      const poor = [...colours].filter((colour) => contrast(text, rgbOf(colour)) < 4.5);
      assert.deepEqual(poor, []);
      // What is not looked for is drawn faint: text of 75 % on a third of the colour.
      const background = rgbOf(palette.background);
      const faint = [...colours].filter((colour) => {
        const under = mixed(rgbOf(colour), background, 0.32);
        return contrast(mixed(text, under, 0.75), under) < 4.5;
      });
      assert.deepEqual(faint, []);
    });
  }
});
