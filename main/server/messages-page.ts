/** @file The few pages the server writes itself: plain words, no style, no script. */
import type { ServerResponse } from 'node:http';

/** Answers with a small page. `title` and `lines` are the server's own words, never the request's. */
export function sendPage(
  response: ServerResponse,
  status: number,
  title: string,
  lines: readonly string[],
): void {
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Monge: ${title}</title>
<h1>${title}</h1>
${lines.map((line) => `<p>${line}</p>`).join('\n')}
</html>
`;
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function sendNoSession(response: ServerResponse, tokenGiven: boolean): void {
  sendPage(response, 401, 'This link does not open the workbench', [
    tokenGiven
      ? 'The token in the link is wrong, or it was already used in another browser. Each link opens one browser.'
      : 'This browser has no session with this server.',
    'Open the link that <code>monge serve</code> printed when it started. If it has been used, stop the server and start it again: it prints a new link.',
  ]);
}
