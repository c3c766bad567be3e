import { deepEqual } from 'node:assert/strict';
import { it } from 'node:test';
import type { Observations } from './programs/observations.js';

export const get = (route: string) => ({ method: 'GET', tenant: 'acme', route });
export const post = (route: string) => ({ method: 'POST', tenant: 'acme', route });

/** What is to be true of the places of a program, which are there once it has ended. */
export function expectations(observations: () => Observations) {
  /** That a place was come by as often as there are labels here, and under these. */
  const isLabelled = (place: string, ...labels: object[]) => deepEqual(observations()[place], labels);
  const isNeverLabelled = (place: string) => {
    const found = new Set(observations()[place]?.map((labels) => JSON.stringify(labels)));
    deepEqual([...found], ['{}']);
  };
  const isStatus = (path: string, status: number) => isLabelled(`status of ${path}`, { status });

  /** The same for every framework. */
  const itFailsNoRequest = () => {
    it('goes without its labels where there is no room for more', () => {
      const [{ label30, tenant, method, route } = {}] = observations()['no room for more labels'] ?? [];
      deepEqual([label30, tenant, method, route], [30, 'acme', undefined, undefined]);
      isStatus('/full/1', 200);
    });

    it('has what labels() throws, and values that no label can have, as errors of the request', () => {
      isStatus('/bad/throws', 500);
      isStatus('/bad/value', 500);
    });
  };
  return { isLabelled, isNeverLabelled, isStatus, itFailsNoRequest };
}
