/** @file Reads the address of a served engine as a person pastes it. */

/** The address, or what is wrong with it in a sentence. */
export function engineAddress(text: string): { url: URL } | { problem: string } {
  const trimmed = text.trim();
  if (trimmed === '') return { problem: 'Paste the address that monge serve printed.' };
  let url: URL;
  try {
    url = new URL(trimmed.includes('://') ? trimmed : `http://${trimmed}`);
  } catch {
    return { problem: 'This is not an address; it should look like http://127.0.0.1:4173/?token=…' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { problem: `An engine is reached over http or https, not ${url.protocol.replace(':', '')}.` };
  }
  if (!url.search.includes('token=')) {
    return { problem: 'The token is missing: copy the whole address, up to and with token=….' };
  }
  return { url };
}
