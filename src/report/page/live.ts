import type { App } from './app.js';
import { byId, element } from './element.js';
import { readPprof } from './read-data.js';

/** The page as a running program serves it: profiles are asked for, and shown when they come. */
export function startLive(app: App): void {
  const form = byId('live', HTMLFormElement);
  const kind = byId('live-kind', HTMLSelectElement);
  const seconds = byId('live-seconds', HTMLInputElement);
  const collect = byId('live-collect', HTMLButtonElement);
  const stop = byId('live-stop', HTMLButtonElement);
  const status = byId('live-status', HTMLOutputElement);
  const save = byId('live-save', HTMLButtonElement);
  let asked: AbortController | undefined;
  let shown: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;

  kind.addEventListener('change', () => {
    const { collected, moment } = kind.selectedOptions[0]?.dataset ?? {};
    seconds.disabled = moment !== undefined;
    if (collected === undefined) seconds.value = '';
    else if (seconds.value === '') seconds.value = '5';
  });
  stop.addEventListener('click', () => asked?.abort());
  save.addEventListener('click', () => {
    if (shown === undefined) return;
    const href = URL.createObjectURL(new Blob([shown.bytes], { type: 'application/octet-stream' }));
    element('a', { href, download: `${shown.name}.pb.gz` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void ask();
  });
  form.hidden = false;
  status.textContent = 'Choose what to collect. It is collected while the program runs, and also while it hangs.';

  async function ask(): Promise<void> {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    const name = kind.value;
    const wanted = seconds.disabled ? 0 : Number(seconds.value);
    const query = wanted > 0 ? `?seconds=${Math.round(wanted)}` : '';
    const began = performance.now();
    const tell = () => {
      const spent = Math.floor((performance.now() - began) / 1000);
      status.textContent = wanted > 0 ? `collecting: ${spent} of ${Math.round(wanted)} s` : `asking: ${spent} s`;
    };
    const clock = setInterval(tell, 500);
    tell();
    collect.disabled = true;
    stop.hidden = false;
    try {
      const response = await fetch(`${name}${query}`, { signal, cache: 'no-store', credentials: 'same-origin' });
      if (!response.ok) throw new Error(`${response.status}: ${(await response.text()).trim()}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const columns = await readPprof(bytes, `${location.host} ${name}`);
      app.load(columns);
      shown = { name, bytes };
      save.hidden = false;
      status.textContent = columns.samples.node.length === 0 ? 'Nothing was seen in that time.' : '';
    } catch (error) {
      status.textContent = signal.aborted
        ? 'Stopped.'
        : `No profile: ${error instanceof Error ? error.message : error}`;
    } finally {
      clearInterval(clock);
      collect.disabled = false;
      stop.hidden = true;
    }
  }
}
