import assert from 'node:assert/strict';
import type { Profile } from 'profbuf';

/** Of one of the arrays below: 125 elements of 8 bytes, the header of their list, and the array itself. */
const arrayBytes = 8 * 125 + 16 + 32;
/** One object in so many bytes is looked at. */
const intervalBytes = 512 * 1024;

/**
 * JavaScript with `stay(n)` and `die(n)`, which allocate n MB in arrays, and next to nothing else. The first one keeps them.
 * Neither is inlined, for it calls itself: V8 counts what an inlined function allocates as its caller's.
 */
export const allocatingFunctions = `
  const kept = [];
  function stay(megabytes) {
    if (megabytes > 1) { stay(Math.ceil(megabytes / 2)); return stay(Math.floor(megabytes / 2)); }
    for (let i = 0; i < ${Math.round(1e6 / arrayBytes)}; i++) kept.push(new Array(125).fill(i));
  }
  let last;
  function die(megabytes) {
    if (megabytes > 1) { die(Math.ceil(megabytes / 2)); return die(Math.floor(megabytes / 2)); }
    for (let i = 0; i < ${Math.round(1e6 / arrayBytes)}; i++) last = new Array(125).fill(i);
  }
`;

/**
 * Asserts that the function itself has allocated so many MB, by the profile, within the error of sampling: samples come as in
 * a Poisson process, and beyond five standard deviations is one case in two million.
 */
export function assertAllocated(profile: Profile, functionName: string, megabytes: number): void {
  const bytes = bytesOf(profile, functionName);
  const deviation = Math.sqrt(megabytes * 1e6 * intervalBytes);
  assert.ok(
    Math.abs(bytes - megabytes * 1e6) <= 5 * deviation,
    `${functionName}: ${bytes / 1e6} MB of ${megabytes}\n${profile.topTable(10, 'alloc_space')}`,
  );
}

/** What the function itself has, of what the profile shows first. */
export function bytesOf(profile: Profile, functionName: string): number {
  return profile.top(1000).find((row) => row.functionName === functionName)?.flat ?? 0;
}
