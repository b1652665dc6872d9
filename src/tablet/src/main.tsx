// Purpose: start of the page: reads what the daemon says about the store, then opens the link and draws.

import '@fontsource-variable/figtree/wght.css';
import './styles.css';

import { render } from 'preact';
import { parseConfig, type Config } from './config';
import { deviceId } from './identity';
import { MESSAGES } from './messages';
import { Store } from './store';
import { App } from './view/app';

const CONFIG_RETRY_MS = 3_000;

const root = document.getElementById('app')!;

/** A browser may forbid storage altogether; then asking for it throws. */
function storageOf(get: () => Storage): Storage | null {
  try {
    return get();
  } catch {
    return null;
  }
}

async function loadConfig(): Promise<Config> {
  for (;;) {
    try {
      const answer = await fetch('config.json', { cache: 'no-store' });
      if (answer.ok) return parseConfig(await answer.json());
    } catch {
      // the daemon is not there yet, or what it says is not a configuration
    }
    const { fr, en } = MESSAGES;
    render(<p class="starting" role="alert"><span lang="fr">{fr.configMissing}</span><span lang="en">{en.configMissing}</span></p>, root);
    await new Promise((resolve) => setTimeout(resolve, CONFIG_RETRY_MS));
  }
}

async function main(): Promise<void> {
  const config = await loadConfig();
  const storage = { device: storageOf(() => localStorage), shift: storageOf(() => sessionStorage) };
  const device = deviceId(storage.device);
  const draw = () => render(<App store={store} config={config} device={device} storage={storage} />, root);
  const store = new Store(config, device, draw);
  draw();
  store.start();
}

void main();
