/** @file The OpenAI interface for models that are open here, so that programs can talk to a model that is being looked at. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MongeError } from '../../../native-models/error';
import type { GeneratedToken, GenerateRequest, Generation, NumericLevel } from '../../contract/language';
import type { ModelInfo } from '../../contract/models';
import { mayUse, type ApiPolicy } from '../../disk/path-policy';
import type { ServedEngine } from '../../rpc/serve-port';
import type { ApiKey } from '../admission';
import { choice, chunk, failure, lastPiece, piece, usage, whole, type Head } from './answers';
import { readChat, readCompletions, type Completion } from './requests';

/** Bytes of a request. */
const LARGEST = 4 * 2 ** 20;

/** A model under the name that it was given to programs by. */
export type NamedModel = Pick<ModelInfo, 'id' | 'name'>;

/** Answers everything below `/v1`; each call needs the key. */
export async function answerPrograms(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  {
    engine,
    key,
    policy,
    named,
  }: { engine: ServedEngine; key: ApiKey; policy: ApiPolicy; named: readonly NamedModel[] },
): Promise<void> {
  try {
    if (!key.isIn(request)) throw keyMissing();
    const models = await languageModels(engine, policy, named);
    if (path === '/v1/models' && request.method === 'GET') {
      const data = models.map(({ id, name }) => ({
        id: name,
        object: 'model',
        created: 0,
        owned_by: 'monge',
        hash: id,
      }));
      return sendJson(response, 200, { object: 'list', data });
    }
    const read = request.method === 'POST' ? readers[path] : undefined;
    if (!read) return sendJson(response, 404, unknownPath(path));
    const asked = read(await bodyOf(request));
    await complete(engine, modelOf(models, asked.model), asked, response);
  } catch (thrown) {
    const { status, body } = failure(thrown);
    if (!response.headersSent) sendJson(response, status, body);
    else response.end(`data: ${JSON.stringify(body)}\n\n`);
  }
}

const readers: Readonly<Record<string, (body: string) => Completion>> = {
  '/v1/completions': readCompletions,
  '/v1/chat/completions': readChat,
};

async function complete(
  engine: ServedEngine,
  model: ModelInfo,
  asked: Completion,
  response: ServerResponse,
): Promise<void> {
  const { chat, copies, logProbabilities: withLogs, alternatives, stream } = asked;
  const head: Head = {
    id: `${chat ? 'chatcmpl' : 'cmpl'}-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: model.name,
  };
  const level = asked.level ?? exactLevel(model);
  const requests = asked.inputs.flatMap((input) =>
    Array.from({ length: copies }, (_, copy): GenerateRequest => {
      const sampling = { ...asked.sampling, seed: asked.sampling.seed + copy };
      return { kind: 'generate', input, sampling, level, alternatives };
    }),
  );
  const send = (part: object) => response.write(`data: ${JSON.stringify(part)}\n\n`);
  if (stream)
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
  const generations: Generation[] = [];
  for (const [index, request] of requests.entries()) {
    let told = 0;
    const tell = (tokens: readonly GeneratedToken[]) => {
      if (tokens.length === 0) return;
      send(chunk(chat, head, [piece(chat, index, tokens, { first: told === 0, withLogs })]));
      told += tokens.length;
    };
    const generation = await generate(engine, model.id, request, response, stream ? tell : () => undefined);
    generations.push(generation);
    if (!stream) continue;
    // What was lost on the way is in the answer.
    tell(generation.tokens.slice(told));
    send(chunk(chat, head, [lastPiece(chat, index, generation.finish)]));
  }
  const tokens = usage(generations, copies);
  if (!stream) {
    const choices = generations.map((one, index) => choice(chat, index, one, withLogs));
    return sendJson(response, 200, whole(chat, head, choices, tokens));
  }
  if (asked.streamUsage) send(chunk(chat, head, [], tokens));
  response.end('data: [DONE]\n\n');
}

/** One generation; a caller who hangs up stops it. */
async function generate(
  engine: ServedEngine,
  model: string,
  request: GenerateRequest,
  response: ServerResponse,
  tell: (tokens: readonly GeneratedToken[]) => void,
): Promise<Generation> {
  const call = randomUUID();
  const unsubscribe = engine.subscribe({
    languageUpdates(of, updates) {
      if (of !== call) return;
      for (const update of updates) if (update.kind === 'generate') tell(update.tokens);
    },
  });
  const hungUp = () => void engine.stopLanguage(call);
  response.once('close', hungUp);
  try {
    return (await engine.languageJob(model, call, request)) as Generation;
  } finally {
    response.off('close', hungUp);
    unsubscribe();
  }
}

/**
 * The models opened last that may be spoken to, each under its names: the list also holds what another session opened
 * elsewhere, and its name is that of the file that was opened last.
 */
async function languageModels(
  engine: ServedEngine,
  policy: ApiPolicy,
  named: readonly NamedModel[],
): Promise<ModelInfo[]> {
  const decoders = (await engine.recentModels()).filter(({ language }) => language?.kind === 'decoder');
  const allowed = await Promise.all(decoders.map(({ path }) => mayUse(policy, path)));
  return decoders
    .filter((_, index) => allowed[index])
    .flatMap((model) => {
      const others = named.filter(({ id, name }) => id === model.id && name !== model.name);
      return [model, ...others.map(({ name }) => ({ ...model, name }))];
    });
}

/** The model that a request names by name or id, or the one opened last. @throws `model-not-found` */
function modelOf(models: readonly ModelInfo[], wanted: string | null): ModelInfo {
  const found = wanted === null ? models[0] : models.find(({ id, name }) => wanted === name || wanted === id);
  if (found) return found;
  throw new MongeError({
    code: 'model-not-found',
    blame: 'input',
    what: 'no language model of this name is open here',
    where: { key: 'model' },
    ...(wanted === null ? {} : { got: JSON.stringify(wanted) }),
    expected:
      models.map(({ name }) => name).join(', ') || 'one that was opened in the workbench, or with --model',
  });
}

/**
 * The fastest level that computes with the model's own weights and whole activations: an answer has no place where a program
 * would see that its activations were rounded, which changes what small models say. Who wants that asks for it with `level`.
 */
function exactLevel({ language }: ModelInfo): NumericLevel {
  const exact = language?.levels.filter(({ id, available }) => available && id !== '4-bit-4');
  return exact?.at(-1)?.id ?? 'fp32';
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST)
      throw new MongeError({
        code: 'body-too-large',
        blame: 'input',
        what: 'the request is too large',
        expected: `at most ${LARGEST} bytes`,
      });
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}

function keyMissing(): MongeError {
  return new MongeError({
    code: 'api-key-missing',
    blame: 'input',
    what: 'the key is missing or wrong',
    where: { key: 'Authorization' },
    expected: 'Bearer and the key that monge serve printed',
  });
}

function unknownPath(path: string) {
  const message = `${path.slice(0, 100)} is not offered; /v1/models, /v1/completions and /v1/chat/completions are`;
  return { error: { message, type: 'invalid_request_error', param: null, code: 'path-unknown' } };
}
