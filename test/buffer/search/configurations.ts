/**
 * What is searched. Rings of 8 words lose records soon; positions start just before they wrap at 2^29; one or two bits for
 * the count make it carry. Between them every kind of write and read of operations.test.ts happens, in every order.
 */
import type { Configuration } from './ring-system.js';

/** Where positions wrap. */
const WRAP = 2 ** 29;

/** For `npm test`: some seconds each at most. */
export const configurations: readonly Configuration[] = [
  { name: 'mixed lengths', words: 8, depths: [2, 0, 1, 2, 0] },
  { name: 'wrap', words: 8, internals: { startPosition: WRAP - 3 }, depths: [2, 2, 0, 2, 0] },
  { name: 'header', words: 8, headerWords: 1, internals: { startPosition: WRAP - 2 }, depths: [1, 0, 1, 1, 0] },
  { name: 'longest records', words: 16, internals: { startPosition: WRAP - 5 }, depths: [6, 6, 2, 0, 6] },
  { name: 'batches', words: 16, headerWords: 1, internals: { startPosition: WRAP - 9 }, depths: [0, 0, 1, 0, 5, 0] },
  { name: 'losses at the end', words: 8, internals: { startPosition: WRAP - 2 }, depths: [2, 1, 2, 0, 2] },
  { name: 'carry at 2', words: 8, internals: { generationBits: 28 }, depths: [2, 2, 2, 2, 0] },
  { name: 'carry at 4', words: 8, internals: { generationBits: 27 }, depths: [2, 2, 2, 2, 2, 2] },
  { name: 'time-outs', words: 8, reading: 'timeout', depths: [2, 1, 2, 2] },
  { name: 'waitAsync', words: 8, reading: 'async', depths: [2, 0, 2, 2, 0] },
  { name: 'waitAsync, time-outs', words: 8, reading: 'async timeout', depths: [2, 1, 2, 0] },
  { name: 'polling', words: 8, reading: 'polling', depths: [0, 1, 2, 0, 1, 2] },
  { name: 'patient', words: 8, patient: true, internals: { startPosition: WRAP - 3 }, depths: [2, 2, 2, 1, 0] },
  {
    name: 'held',
    words: 16,
    publishEvery: 3,
    internals: { startPosition: WRAP - 9 },
    depths: [2, 0, 1, 3, 0, 1, 0, 0],
  },
  { name: 'held until there is no room', words: 8, publishEvery: 9, depths: [0, 0, 2, 1, 2, 0] },
  { name: 'held, patient', words: 8, patient: true, publishEvery: 9, depths: [0, 0, 2, 1, 0] },
  { name: 'attaching', words: 8, attaching: true, internals: { startPosition: WRAP - 3 }, depths: [2, 2, 2] },
];

/** A writer or a reader that may die at any step, and another that takes over. */
export const deaths: readonly Configuration[] = [
  { name: 'writer dies', words: 8, nextWriters: [[]], depths: [2, 2, 2, 0] },
  { name: 'writer dies, next writes', words: 8, nextWriters: [[0]], depths: [2, 2, 2] },
  { name: 'reader dies', words: 8, readerDeaths: 1, depths: [1, 2, 1, 0] },
  { name: 'writer dies with what it holds', words: 8, publishEvery: 2, nextWriters: [[0]], depths: [0, 0, 2, 0] },
];

/** For `npm run test:soak`: minutes. */
export const largeConfigurations: readonly Configuration[] = [
  { name: 'six records', words: 8, internals: { startPosition: WRAP - 3 }, depths: [2, 2, 0, 2, 0, 1] },
  { name: 'six, patient', words: 8, patient: true, depths: [2, 1, 2, 2, 2, 0] },
  { name: 'six with a header', words: 8, headerWords: 1, depths: [1, 1, 0, 1, 0, 1] },
  {
    name: 'six of 16 words',
    words: 16,
    headerWords: 1,
    internals: { startPosition: WRAP - 7 },
    depths: [5, 5, 0, 5, 1, 0],
  },
  { name: 'carries, seven', words: 8, internals: { generationBits: 28 }, depths: [2, 2, 2, 2, 0, 2, 0] },
  {
    name: 'time-outs, five',
    words: 8,
    reading: 'timeout',
    internals: { startPosition: WRAP - 3 },
    depths: [2, 2, 0, 2, 0],
  },
  {
    name: 'writer dies, carry, next writes',
    words: 8,
    internals: { generationBits: 27 },
    depths: [2, 2, 2, 0, 0],
    nextWriters: [[1, 0]],
  },
  { name: 'two writers die', words: 8, nextWriters: [[0], []], depths: [2, 2, 2] },
  { name: 'both die', words: 8, nextWriters: [[]], readerDeaths: 1, depths: [2, 2, 2] },
  {
    name: 'reader dies, carry',
    words: 8,
    readerDeaths: 1,
    internals: { generationBits: 28, startPosition: WRAP - 3 },
    depths: [2, 2, 2, 2, 0],
  },
];
