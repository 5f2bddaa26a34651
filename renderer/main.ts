/** @file The page's entry: connects to the engine and mounts the workbench. */
import { mount } from 'svelte';
import App from './app/App.svelte';
import './app/tokens.css';
import './app/base.css';
import './app/shapes.css';
import { openChannel } from './engine/channels';
import { EngineConnection } from './engine/connection.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app element');

mount(App, { target, props: { connection: new EngineConnection(openChannel) } });
