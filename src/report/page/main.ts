import { App } from './app.js';
import { byId } from './element.js';
import { startLive } from './live.js';
import { readEmbedded } from './read-data.js';

const problem = byId('problem', HTMLElement);
try {
  const app = new App();
  const data = byId('data', HTMLScriptElement).textContent ?? '';
  if (data.trim() === '') startLive(app);
  else app.load(await readEmbedded(data));
  problem.hidden = true;
} catch (error) {
  problem.textContent = `This profile cannot be shown: ${error instanceof Error ? error.message : error}`;
  problem.hidden = false;
  throw error;
}
