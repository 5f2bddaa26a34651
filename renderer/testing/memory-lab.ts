/** @file The calls about language models of the engine in memory: questions at once, jobs token by token and hook by hook. */
import type {
  GeneratedToken,
  GenerateRequest,
  Generation,
  HookCertificate,
  LanguageApi,
  LanguageUpdate,
  ModelInfo,
  SteeredText,
  Steering,
  SteeringDivergenceRequest,
  StoredSteering,
} from '../../main/rpc/contract';
import type { EngineError } from '../engine/error';
import { MemoryDecoder, stateOf, type DecoderSize } from './memory-decoder';
import { attention, certificatesOf, languageFacts, lens, likeliest, look } from './memory-language';
import { modelInfo } from './memory-models';
import { scattered } from './memory-shapes';

function strengthOf(steering: Steering | undefined): number {
  return typeof steering?.lambda === 'number' ? steering.lambda : 0;
}

/** λ nats after every second token. */
function steeredText(
  model: MemoryDecoder,
  text: string,
  { steering, alternatives }: SteeringDivergenceRequest,
): SteeredText {
  const tokens = model.tokens(text);
  const lambda = strengthOf(steering);
  const of = (value: (place: number) => number) => Float32Array.from(tokens, (_, place) => value(place));
  const likely = () =>
    likeliest(
      model,
      new Float64Array(8).map((_, id) => Math.log((8 - id) / 36)),
      alternatives,
    );
  return {
    tokens,
    divergence: of((place) => (place % 2) * lambda),
    unsteered: of((place) => (place === 0 ? NaN : -2)),
    steered: of((place) => (place === 0 ? NaN : -2 + lambda)),
    before: tokens.map(likely),
    after: tokens.map(likely),
  };
}

/** Arrays of numbers as the maps have them. */
function typed(key: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (key === 'units') return Uint8Array.from(value as number[]);
  return ['w', 'beta', 'lo', 'hi'].includes(key) ? Float32Array.from(value as number[]) : value;
}

export interface MemoryLab {
  calls: LanguageApi;
  /** What opening such a file tells. */
  info(name: string): ModelInfo;
  /** Milliseconds between the updates of a job. */
  pace: number;
  /** Fails every question with this until it is null again. */
  failure: EngineError | null;
}

/** One language model, whatever it is called; `tell` sends what its jobs do to the view. */
export function memoryLab(
  tell: (call: string, updates: LanguageUpdate[]) => void,
  size: DecoderSize = { layers: 4, heads: 2, width: 16 },
): MemoryLab {
  const model = new MemoryDecoder(size);
  const facts = languageFacts(size);
  const stopped = new Set<string>();
  let certified = false;
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, lab.pace));
  const idsOf = (text: string): number[] => model.tokens(text).map(({ id }) => id);

  async function certify(call: string): Promise<HookCertificate[]> {
    const all = certificatesOf(facts);
    const block = 13;
    for (let from = 0; from < all.length && !stopped.has(call); from += block) {
      tell(call, [{ kind: 'certify', certificates: all.slice(from, from + block) }]);
      await pause();
    }
    certified = true;
    return all;
  }

  async function generate(call: string, request: GenerateRequest): Promise<Generation> {
    const { input, sampling, alternatives, level } = request;
    const prompt =
      'prompt' in input
        ? input.prompt
        : 'chat' in input
          ? input.chat
          : `${input.messages.map(({ role, content }) => `<${role}>${content}`).join('\n')}\n<assistant>`;
    const ids = idsOf(prompt);
    const promptTokens = ids.length;
    const tokens: GeneratedToken[] = [];
    while (tokens.length < sampling.maxTokens && !stopped.has(call)) {
      const logs = model.next(stateOf(model.pass(ids), size.layers, ids.length - 1, size.width));
      const heated = logs.map((log) => Math.exp(log / Math.max(0.01, sampling.temperature)));
      // Steering changes what is drawn, here by other random numbers for every second token.
      const pushed = (tokens.length % 2) * strengthOf(request.steering);
      let left =
        scattered(sampling.seed * 97 + tokens.length + 0.37 * pushed) *
        heated.reduce((sum, one) => sum + one, 0);
      const drawn = heated.findIndex((one) => (left -= one) <= 0);
      const id = sampling.temperature === 0 || drawn < 0 ? likeliest(model, logs, 1)[0]!.id : drawn;
      const token: GeneratedToken = {
        id,
        text: model.vocabulary[id]!,
        logProbability: logs[id]!,
        alternatives: likeliest(model, logs, alternatives),
      };
      ids.push(id);
      tokens.push(token);
      tell(call, [{ kind: 'generate', tokens: [token] }]);
      await pause();
    }
    return {
      ...{ prompt, promptTokens, tokens, text: tokens.map(({ text }) => text).join(''), level },
      finish: stopped.has(call) ? 'stopped' : 'length',
      ...{ firstMilliseconds: 40, milliseconds: 40 + 12 * tokens.length },
    };
  }

  const lab: MemoryLab = {
    pace: 0,
    failure: null,
    info: (name) => ({ ...modelInfo(name), id: 'ab'.repeat(8), format: 'gguf', graphs: [], language: facts }),
    calls: {
      language: async (_model, question) => {
        if (lab.failure) throw lab.failure;
        switch (question.kind) {
          case 'facts':
            return facts;
          case 'tokens':
            return model.tokens(question.text);
          case 'look':
            return look(model, question);
          case 'lens':
            return lens(model, question.text, question.position, question.top);
          case 'attention':
            return attention(model, question.text, question.layer, question.cells, question.heads);
          case 'steering-divergence':
            return {
              texts: question.texts.map((one) => steeredText(model, one, question)),
              level: question.level,
            };
          case 'steering-file':
            // What a test drops is JSON; the engine's own reader is tested where it lies.
            return JSON.parse(new TextDecoder().decode(question.bytes), typed) as StoredSteering;
          case 'certificates':
            return certificatesOf(facts, certified);
          case 'score': {
            const { level, text } = question;
            const exact = level === '4-bit-4' ? 'fp32' : level;
            const looked = look(model, {
              ...{ kind: 'look', text, level: exact, measure: { kind: 'norm' }, role: 'resid_post' },
            });
            const known = looked.logProbabilities.slice(1);
            const mean = known.reduce((sum, one) => sum + one / known.length, 0);
            const { tokens, logProbabilities } = looked;
            return { tokens, logProbabilities, perplexity: Math.exp(-mean), level };
          }
          default:
            throw new Error(`a model of texts is not asked about pictures: ${question.kind}`);
        }
      },
      languageJob: async (_model, call, job) =>
        job.kind === 'certify' ? certify(call) : generate(call, job),
      stopLanguage: async (call) => void stopped.add(call),
    },
  };
  return lab;
}
