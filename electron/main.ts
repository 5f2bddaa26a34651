/** @file The desktop shell's entry: makes sure of one instance, then hands over to the shell. */
import { app } from 'electron';
import { registerAppScheme } from './app-protocol';
import { Shell } from './shell';

// A second start only passes its files to the first one.
if (app.requestSingleInstanceLock()) {
  app.enableSandbox();
  registerAppScheme();
  const shell = new Shell(import.meta.url);
  shell.listen();
  void app.whenReady().then(() => shell.open());
} else {
  app.quit();
}
