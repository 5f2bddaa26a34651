/** @file The rows of a finished capture: matrices read from their files as they are asked for, texts and labels from the list of rows. */
import { MongeError } from '../../../native-models/error';
import type { LanguageToken } from '../../contract/language';
import type { LanguageSession } from '../../contract/opened';
import type { RowMatrix } from '../../contract/projection';
import type { QueryContext } from '../../contract/query';
import { lastMatrices, type RowStore } from '../../projection/row-store';
import type { CaptureConfig, Inputs } from './config';
import { fileOf, headBytes } from './matrix-files';
import { ROWS_FILE, storedCapture, type StoredCapture } from './stored';
import type { TextRow } from './texts';

/** A model that was moved, or is another now. */
const GONE = ['file-not-found', 'file-unreadable', 'data-changed'];
/** The list of rows is read whole. */
const MOST_BYTES = 2 ** 31;

type CaptureContext = QueryContext<CaptureConfig, unknown, Inputs>;

interface Line extends TextRow {
  tokens: number;
}

/** @throws `capture-unfinished`, `capture-file-missing` */
export async function openRows(context: CaptureContext): Promise<RowStore> {
  const capture = await storedCapture(context);
  const lines = await linesOf(context);
  const { perToken, first, hooks } = capture;
  const per = (line: Line) => (perToken ? line.tokens - (first ? 0 : 1) : 1);
  const repeated = <T>(of: (line: Line, token: number) => T): T[] =>
    lines.flatMap((line) => Array.from({ length: per(line) }, (_, token) => of(line, token)));
  const tokens = new LitTokens(context, capture, lines);
  return {
    sources: hooks.map(({ id, width }) => ({ name: id, rows: capture.matrixRows, columns: width })),
    matrix: lastMatrices((source) => readMatrix(context, capture, source)),
    ids: repeated(({ id }, token) => (perToken ? `${id}:${token + (first ? 0 : 1)}` : id)),
    texts: repeated(({ text }) => text),
    labels: labelsOf(repeated(({ label }) => label)),
    ...(perToken ? {} : { tokens: (source, unit, row) => tokens.of(source, unit, row) }),
  };
}

async function linesOf({ artifact }: CaptureContext): Promise<Line[]> {
  const bytes = await artifact(ROWS_FILE, { at: 0, bytes: MOST_BYTES });
  if (!bytes) throw missing(ROWS_FILE);
  const text = new TextDecoder().decode(bytes).trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Line);
}

/** Null where no row has a label. */
function labelsOf(labels: readonly (string | null)[]): RowStore['labels'] {
  const names = [...new Set(labels.filter((label) => label !== null))].sort((a, b) =>
    a.localeCompare(b, 'en'),
  );
  if (names.length === 0) return null;
  const codes = new Map(names.map((name, code) => [name, code]));
  return { names, codes: Int32Array.from(labels, (label) => (label === null ? -1 : codes.get(label)!)) };
}

/** @throws `capture-file-missing` */
async function readMatrix(
  context: CaptureContext,
  { hooks, matrixRows, format }: StoredCapture,
  source: string,
): Promise<RowMatrix> {
  const { width } = hooks.find(({ id }) => id === source)!;
  const name = fileOf(source, format);
  const wanted = matrixRows * width * 4;
  const bytes = await context.artifact(name, { at: headBytes[format], bytes: wanted });
  if (bytes?.length !== wanted) throw missing(name);
  return {
    data: new Float32Array(bytes.buffer, bytes.byteOffset, matrixRows * width),
    rows: matrixRows,
    columns: width,
  };
}

/** Texts with a unit's value at every token: the model reads them again, which takes less than keeping every token would. */
class LitTokens {
  #session: Promise<LanguageSession> | null = null;
  /** By hook and row. */
  readonly #states = new Map<string, Promise<{ tokens: LanguageToken[]; values: Float32Array }>>();

  constructor(
    readonly context: CaptureContext,
    readonly capture: StoredCapture,
    readonly lines: readonly Line[],
  ) {}

  /** Null where the model is not there any more: the texts are shown all the same. */
  async of(hook: string, unit: number, row: number): Promise<{ text: string; value: number }[] | null> {
    const key = `${hook} ${row}`;
    const asked = this.#states.get(key) ?? this.#read(hook, row);
    this.#states.set(key, asked);
    asked.catch(() => this.#states.delete(key));
    if (this.#states.size > 500) this.#states.delete(this.#states.keys().next().value!);
    const found = await asked.catch((thrown: unknown) => {
      if (thrown instanceof MongeError && GONE.includes(thrown.code)) return null;
      throw thrown;
    });
    if (!found) return null;
    const { tokens, values } = found;
    const { width } = this.capture.hooks.find(({ id }) => id === hook)!;
    return Array.from({ length: values.length / width }, (_, at) => ({
      text: tokens[at]!.text,
      value: values[at * width + unit]!,
    }));
  }

  async #read(hook: string, row: number): Promise<{ tokens: LanguageToken[]; values: Float32Array }> {
    const { inputs, compute, config } = this.context;
    this.#session ??= inputs.model.language({ threads: compute.threads });
    const session = await this.#session;
    const { text } = this.lines[row]!;
    const tokens = await session.ask({ kind: 'tokens', text });
    let values = new Float32Array(0);
    const { level, maxTokens } = config;
    await session.work(
      {
        kind: 'capture',
        hooks: [hook],
        pooling: { kind: 'none' },
        first: true,
        level,
        batch: 1,
        maxTokens,
        texts: [text],
        from: 0,
      },
      (batch) => (values = new Float32Array(batch.values[hook]!)),
    );
    return { tokens, values };
  }
}

function missing(name: string): MongeError {
  return new MongeError({
    code: 'capture-file-missing',
    blame: 'input',
    what: 'a file of this run is gone or cut short',
    where: { file: name },
    help: 'start the run again',
  });
}
