import type { LookupFunction } from 'node:net';

type Answer = Parameters<Parameters<LookupFunction>[2]>;

/** Names that are being looked up. */
const underWay = new Map<string, Promise<Answer>>();

/**
 * Node's look-up of a name, one at a time for each. It takes one of the two threads that the whole process has for that, until
 * the system gives up, which may take a minute, and goes on when the request is over that wanted it. Were there another one for
 * each try, the program could look up nothing meanwhile.
 */
export const lookup: LookupFunction = (hostname, options, callback) => {
  const key = JSON.stringify([hostname, options]);
  let answer = underWay.get(key);
  if (answer === undefined) {
    answer = new Promise((resolve) => {
      process.getBuiltinModule('node:dns').lookup(hostname, options, (...found) => {
        underWay.delete(key);
        resolve(found);
      });
    });
    underWay.set(key, answer);
  }
  answer.then((found) => callback(...found));
};
