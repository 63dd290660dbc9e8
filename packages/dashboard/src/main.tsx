import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/components.css';
import './styles/charts.css';
import './styles/pages.css';
import { App } from './app.tsx';
import { listenForKeys } from './shell/keys.ts';
import { startLive } from './state/live.ts';

const host = document.querySelector('#app');
if (host) {
  startLive();
  listenForKeys();
  render(<App />, host);
}
