/** The ways of carrying a request's context that are compared: by what, beside which sampler, with a hook of ours or not. */
interface Mode {
  readonly context?: 'AsyncLocalStorage' | 'labels' | '@datadog/pprof';
  /** `V8`: its own alone, started from another thread as ours is. */
  readonly sampler?: 'V8' | 'profbuf' | '@datadog/pprof';
  /** The least that JavaScript can do to know the context of every callback. */
  readonly hasHook?: true;
}

export const modes = {
  AsyncLocalStorage: { context: 'AsyncLocalStorage' },
  bare: {},
  "AsyncLocalStorage, V8's profiler": { context: 'AsyncLocalStorage', sampler: 'V8' },
  "AsyncLocalStorage, V8's, hook": { context: 'AsyncLocalStorage', sampler: 'V8', hasHook: true },
  'AsyncLocalStorage, profiler': { context: 'AsyncLocalStorage', sampler: 'profbuf' },
  labels: { context: 'labels' },
  'labels, profiler': { context: 'labels', sampler: 'profbuf' },
  '@datadog/pprof': { context: '@datadog/pprof', sampler: '@datadog/pprof' },
} as const satisfies Readonly<Record<string, Mode>>;

export type ModeName = keyof typeof modes;
export const modeNames = Object.keys(modes) as ModeName[];

export function modeOf(name: string | undefined): Mode {
  if (name === undefined || !Object.hasOwn(modes, name)) {
    throw new RangeError(`no mode ${name}; there are ${modeNames.join('; ')}`);
  }
  return modes[name as ModeName];
}
