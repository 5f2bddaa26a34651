/** @file Who may talk to the server: the Host and Origin it answers to, the one-time token, and the session cookie. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { MongeError } from '../../native-models/error';

/** Host headers the server answers to; any other is a page elsewhere that has rebound its name to this machine. */
export class HostRule {
  readonly #allowed: ReadonlySet<string>;

  /** @param hosts names or addresses beside the loopback ones, each with or without a port */
  constructor(port: number, hosts: readonly string[] = []) {
    const names = ['localhost', '127.0.0.1', '[::1]', ...hosts.map(bracket)];
    this.#allowed = new Set(
      names.flatMap((name) => {
        if (/:\d+$/.test(name) && !name.endsWith(']')) return [name.toLowerCase()];
        const lower = name.toLowerCase();
        return port === 80 ? [lower, `${lower}:80`] : [`${lower}:${port}`];
      }),
    );
  }

  allowsHost(request: IncomingMessage): boolean {
    return this.#allowed.has((request.headers.host ?? '').toLowerCase());
  }

  /** A browser names the page that opens a socket; it must be a page of this very server. */
  allowsOrigin(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    return this.allowsHost(request) && origin === `http://${host}`;
  }
}

/** The token of the printed link, good for one use, and the session it is exchanged for. */
export class Sessions {
  readonly token = secret();
  readonly #session = secret();
  readonly #cookie: string;
  #used = false;

  /** Cookies do not tell ports apart, so the name does: two servers on one machine keep their sessions. */
  constructor(port: number) {
    this.#cookie = `monge-session-${port}`;
  }

  /** The `Set-Cookie` value in exchange for the right token, once; null otherwise. */
  redeem(token: string): string | null {
    if (!sameText(token, this.token) || this.#used) return null;
    this.#used = true;
    return `${this.#cookie}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  isOpen(request: IncomingMessage): boolean {
    const cookies = (request.headers.cookie ?? '').split(';').map((part) => part.trim());
    const prefix = `${this.#cookie}=`;
    return cookies.some(
      (cookie) => cookie.startsWith(prefix) && sameText(cookie.slice(prefix.length), this.#session),
    );
  }
}

/** The key that programs send with every call: of the person's choice, so that it outlives the server, or made up. */
export class ApiKey {
  readonly text: string;

  /** @throws `api-key-short` where a chosen one could be guessed */
  constructor(chosen?: string) {
    if (chosen !== undefined && chosen.length < 16)
      throw new MongeError({
        code: 'api-key-short',
        blame: 'input',
        what: 'the key for programs is too short to be safe',
        where: { key: 'MONGE_API_KEY' },
        got: `${chosen.length} characters`,
        expected: 'at least 16',
      });
    this.text = chosen ?? secret();
  }

  /** Whether a request carries it, as `Authorization: Bearer KEY`. */
  isIn({ headers }: IncomingMessage): boolean {
    const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    return given !== undefined && sameText(given, this.text);
  }
}

/** 256 bits from the system's generator, safe in URLs. */
function secret(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares digests in constant time, so that neither content nor length shows in the timing. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** IPv6 addresses stand in brackets in a Host header. */
function bracket(host: string): string {
  return (host.match(/:/g)?.length ?? 0) > 1 && !host.startsWith('[') ? `[${host}]` : host;
}
