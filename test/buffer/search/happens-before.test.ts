/** The race detector of the search, on the orders that the JavaScript memory model gives and does not give. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HappensBefore } from './happens-before.js';
import { Violation } from './violation.js';

const WORD = 3;
const FLAG = 0;
const OTHER_FLAG = 1;

function isRace(steps: (order: HappensBefore) => void): boolean {
  try {
    steps(new HappensBefore(2));
    return false;
  } catch (error) {
    assert.ok(error instanceof Violation);
    return true;
  }
}

const write = (order: HappensBefore, thread: number) => order.plain(thread, WORD, true, 'word');
const read = (order: HappensBefore, thread: number) => order.plain(thread, WORD, false, 'word');

describe('a plain write on one side and a plain read on the other', () => {
  test('race when nothing orders them, whichever comes first', () => {
    assert.ok(isRace((order) => [write(order, 0), read(order, 1)]));
    assert.ok(isRace((order) => [read(order, 1), write(order, 0)]));
  });

  test('are ordered by a store after the first and a load that reads from it before the second', () => {
    assert.ok(!isRace((order) => [write(order, 0), order.store(0, FLAG), order.load(1, FLAG), read(order, 1)]));
    assert.ok(!isRace((order) => [read(order, 1), order.store(1, FLAG), order.load(0, FLAG), write(order, 0)]));
  });

  test('race when the store came before the write, or the load before the store', () => {
    assert.ok(isRace((order) => [order.store(0, FLAG), write(order, 0), order.load(1, FLAG), read(order, 1)]));
    assert.ok(isRace((order) => [write(order, 0), order.load(1, FLAG), order.store(0, FLAG), read(order, 1)]));
  });

  test('race when the load is of another word, or reads from another store', () => {
    assert.ok(isRace((order) => [write(order, 0), order.store(0, FLAG), order.load(1, OTHER_FLAG), read(order, 1)]));
    assert.ok(
      isRace((order) => [
        write(order, 0),
        order.store(0, FLAG),
        order.store(1, FLAG),
        order.load(1, FLAG),
        read(order, 1),
      ]),
    );
  });

  test('race when both sides only load, as a compare-and-swap that fails does', () => {
    assert.ok(isRace((order) => [write(order, 0), order.load(0, FLAG), order.load(1, FLAG), read(order, 1)]));
  });

  test('race again after an access that was not ordered anew', () => {
    assert.ok(
      isRace((order) => [write(order, 0), order.store(0, FLAG), order.load(1, FLAG), read(order, 1), write(order, 0)]),
    );
  });
});

test('two reads do not race, and a thread does not race with itself', () => {
  assert.ok(!isRace((order) => [read(order, 0), read(order, 1)]));
  assert.ok(!isRace((order) => [write(order, 0), read(order, 0), write(order, 0)]));
});
