import { equal, ok } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Profile } from 'profbuf';
import { goPprof, skip } from '../profile/go-pprof.js';
import { runtimes } from '../runtimes.js';
import { outputOfProgram } from './programs.js';

describe('a fastify server with three routes and two tenants under load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'profbuf-load-'));
  const path = join(folder, 'profile.pb.gz');
  let profile: Profile;

  before(async () => {
    const node = runtimes.at(-1)?.path ?? process.execPath;
    const stats = await outputOfProgram<{ samplesWithLostLabels: number }>(node, 'fastify-load', path, '4000');
    equal(stats.samplesWithLostLabels, 0);
    profile = Profile.decode(readFileSync(path));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** CPU time of the work by the value of a label, as shares of all of it. */
  function sharesBy(key: string): Map<string, number> {
    const { samples, locations, functions } = profile.model;
    const nanos = new Map<string, number>();
    let total = 0;
    for (const { stack, labels, values } of samples) {
      const names = stack.map((location) => functions[locations[location]?.lines[0]?.function ?? -1]?.name);
      if (!names.includes('unitOfWork')) continue;
      const value = String(labels.find((label) => label.key === key)?.value);
      nanos.set(value, (nanos.get(value) ?? 0) + Number(values[1]));
      total += Number(values[1]);
    }
    return new Map([...nanos].map(([value, sum]) => [value, sum / total]));
  }

  function isShare(shares: ReadonlyMap<string, number>, expected: Readonly<Record<string, number>>): void {
    const text = JSON.stringify([...shares]);
    equal(shares.size, Object.keys(expected).length, text);
    for (const [value, share] of Object.entries(expected)) {
      ok(Math.abs((shares.get(value) ?? 0) - share) < 0.06, `${value} should have ${share} of ${text}`);
    }
  }

  // Some 2000 samples are of the work: a share p is off by sqrt(p (1 - p) / 2000) on average, 0.011 at most.
  it('has the shares of its routes', () => {
    isShare(sharesBy('route'), { '/cheap/:tenant': 0.1, '/middling/:tenant': 0.3, '/dear/:tenant': 0.6 });
  });

  it('has the shares of its tenants', () => {
    isShare(sharesBy('tenant'), { acme: 0.75, globex: 0.25 });
  });

  it('shows labels by go tool pprof -tags', { skip }, () => {
    const tags = goPprof(readFileSync(path), '-tags');
    for (const tag of ['route:', '/dear/:tenant', 'tenant:', 'acme', 'globex', 'method:', 'GET', 'cost:']) {
      ok(tags.includes(tag), `${tag} is not in\n${tags}`);
    }
  });

  it('is narrowed down by go tool pprof -tagfocus', { skip }, () => {
    const flat = (...options: string[]) => {
      const top = goPprof(readFileSync(path), '-top', '-unit=ms', ...options);
      return Number(/^\s*([\d.]+)ms .* unitOfWork$/m.exec(top)?.[1]);
    };
    const share = flat('-tagfocus=route=/dear/:tenant') / flat();
    ok(Math.abs(share - 0.6) < 0.06, `/dear has ${share}`);
    // Numeric labels are told by a range.
    const middling = flat('-tagfocus=cost=3') / flat();
    ok(Math.abs(middling - 0.3) < 0.06, `a cost of 3 has ${middling}`);
  });
});
