/**
 * A model server for tests, in node: it speaks as vLLM and as llama-server do (their members, their order, their errors, as
 * real ones answered), and fails on demand. What it writes is a toy model's, so that every figure can be known.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closed, json, llamaTooLong, pause, readBody, usageOf, vllmTooLong } from './test-server-parts.ts';
import { ToyModel } from './toy-model.ts';

/** `lenient`: takes every member and heeds OpenAI's alone, as Ollama and LM Studio do; `tgi`: Text Generation Inference. */
export type Dialect = 'vllm' | 'llama-server' | 'tgi' | 'lenient' | 'openai';

/** What goes wrong with completions; `null`: nothing. */
export type ServerFault =
  | 'cut'
  | 'stall'
  | 'malformed'
  | 'huge'
  | 'error-event'
  | 'busy'
  | 'loading'
  | 'redirect'
  | 'page'
  | 'slow-head'
  | 'not-a-stream'
  | 'odd-setting'
  | 'wrong-scores'
  | 'no-log-probabilities'
  | null;

export interface TestServerOptions {
  readonly dialect: Dialect;
  readonly model?: string;
  /** Required of every request but health, as `Bearer`. */
  readonly key?: string;
  readonly contextLength?: number;
  /** Beginning-of-sequence tokens it puts before a prompt of text. */
  readonly startTokens?: number;
  /** Without: an answer no page of another origin may read. */
  readonly cors?: boolean;
  /** Replies at the same time; more are turned away with 429. */
  readonly atOnce?: number;
  /** Milliseconds between tokens. */
  readonly pace?: number;
  /** Words of the toy model's own replies, at most. */
  readonly words?: number;
  /** The reply to a prompt, token by token; the toy model's own unless given. */
  readonly reply?: (prompt: string) => readonly string[];
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly body: Readonly<Record<string, unknown>> | null;
}

const REPLY_WORDS = 12;
const VLLM_FINGERPRINT = 'vllm-0.33.0-tp1';

export class TestServer {
  readonly seen: SeenRequest[] = [];
  /** Completions whose request was closed before they ended. */
  closedEarly = 0;
  /** The most replies that were written at the same time. */
  mostAtOnce = 0;
  fault: ServerFault = null;
  /** Refusals still to come under `busy` and `loading`. */
  refusals = Infinity;
  retryAfterSeconds: number | null = 0;
  readonly #options: TestServerOptions;
  readonly #model = new ToyModel();
  readonly #server: Server;
  #writing = 0;

  private constructor(options: TestServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((thrown: unknown) => {
        response.writeHead(500).end(String(thrown));
      });
    });
  }

  static async start(options: TestServerOptions, port = 0): Promise<TestServer> {
    const server = new TestServer(options);
    await new Promise<void>((resolve) => server.#server.listen(port, '127.0.0.1', resolve));
    return server;
  }

  get address(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  get model(): string {
    return this.#options.model ?? 'toy';
  }

  get toy(): ToyModel {
    return this.#model;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { dialect, key, cors = true } = this.#options;
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (cors) {
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('access-control-allow-headers', '*, authorization');
      response.setHeader('access-control-expose-headers', 'retry-after');
    }
    if (request.method === 'OPTIONS') {
      response.writeHead(cors ? 204 : 403).end();
      return;
    }
    const body = await readBody(request);
    const authorization = request.headers.authorization ?? null;
    this.seen.push({ method: request.method ?? '', path, authorization, body });
    if (this.fault === 'redirect') {
      response.writeHead(307, { location: 'http://127.0.0.2:9/v1/completions' }).end();
      return;
    }
    if (this.fault === 'page') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title>');
      return;
    }
    // vLLM's key guards /v1 alone, and what it says of a wrong one no page may read.
    const guarded = path !== '/health' && (dialect !== 'vllm' || path.startsWith('/v1/'));
    if (guarded && key !== undefined && authorization !== `Bearer ${key}`) {
      // As gateways do that say back what they were given.
      this.#error(response, 401, `Invalid API Key: ${String(authorization)}`, 'authentication_error');
      return;
    }
    if (path === '/health') response.writeHead(200).end();
    else if (path === '/v1/models') this.#models(response);
    else if (path === '/v1/completions') await this.#completions(request, response, body ?? {});
    else if (path === '/tokenize' && dialect !== 'openai' && dialect !== 'lenient')
      this.#tokenize(response, body ?? {});
    else if (path === '/version' && dialect === 'vllm') json(response, { version: '0.33.0' });
    else if (path === '/info' && dialect === 'tgi') {
      json(response, {
        model_id: this.model,
        model_dtype: 'float16',
        max_total_tokens: this.#context,
        version: '3.3.6',
      });
    } else if (path === '/metrics' && dialect === 'vllm') {
      response
        .writeHead(200, { 'content-type': 'text/plain' })
        .end(
          `# TYPE vllm:num_requests_waiting gauge\nvllm:num_requests_waiting{engine="0"} ${String(Math.max(0, this.#writing - 1))}.0\n`,
        );
    } else if (path === '/props' && dialect === 'llama-server') {
      json(response, {
        default_generation_settings: { n_ctx: this.#context },
        total_slots: 1,
        bos_token: '<s>',
        eos_token: '</s>',
        build_info: 'b9999-test',
        model_ftype: 'F16',
      });
    } else if (path === '/slots' && dialect === 'llama-server')
      json(response, [{ id: 0, is_processing: this.#writing > 0 }]);
    else if (path === '/completion' && dialect === 'llama-server') this.#rawCompletion(response, body ?? {});
    else if (dialect === 'vllm') json(response, { detail: 'Not Found' }, 404);
    else this.#error(response, 404, 'File Not Found', 'not_found_error');
  }

  get #context(): number {
    return this.#options.contextLength ?? 2048;
  }

  get #start(): readonly number[] {
    return Array.from({ length: this.#options.startTokens ?? 1 }, () => 0);
  }

  #models(response: ServerResponse): void {
    const { dialect } = this.#options;
    json(response, {
      object: 'list',
      data: [
        {
          id: this.model,
          object: 'model',
          owned_by: dialect,
          ...(dialect === 'vllm' && { max_model_len: this.#context }),
          ...(dialect === 'llama-server' && { meta: { n_vocab: 100, n_ctx: this.#context, ftype: 'F16' } }),
        },
      ],
    });
  }

  /** vLLM wants `prompt`, llama-server `content`, Text Generation Inference `inputs`. */
  #tokenize(response: ServerResponse, body: Readonly<Record<string, unknown>>): void {
    const { dialect } = this.#options;
    const vllm = dialect === 'vllm';
    if (dialect === 'tgi') {
      const found = this.#model.encode(String(body.inputs));
      const pieces = body.add_special_tokens === false ? found : [...this.#start, ...found];
      json(
        response,
        pieces.map((id) => ({ id, text: this.#model.word(id), start: 0, stop: 0 })),
      );
      return;
    }
    const ids = this.#model.encode(String(vllm ? body.prompt : body.content));
    const tokens =
      (vllm ? body.add_special_tokens : body.add_special) === true ? [...this.#start, ...ids] : ids;
    json(response, vllm ? { count: tokens.length, max_model_len: this.#context, tokens } : { tokens });
  }

  async #completions(
    request: IncomingMessage,
    response: ServerResponse,
    body: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { dialect, atOnce = Infinity } = this.#options;
    if ((this.fault === 'busy' || this.fault === 'loading') && this.refusals > 0) {
      this.refusals -= 1;
      this.#refuse(response, this.fault);
      return;
    }
    if (this.fault === 'odd-setting') {
      this.#error(response, 400, 'temperature must be non-negative, got -1.0.', 'BadRequestError');
      return;
    }
    if (body.model !== this.model && dialect !== 'llama-server') {
      this.#error(response, 404, `The model \`${String(body.model)}\` does not exist.`, 'NotFoundError');
      return;
    }
    const unknown = ['top_k', 'repetition_penalty', 'add_special_tokens'].filter((name) => name in body);
    if (dialect === 'openai' && unknown.length > 0) {
      this.#error(
        response,
        400,
        `Unrecognized request argument supplied: ${unknown.join(', ')}`,
        'invalid_request_error',
      );
      return;
    }
    if (body.echo === true && dialect === 'llama-server') {
      this.#error(response, 400, 'Only no echo is supported', 'invalid_request_error');
      return;
    }
    const prompt = Array.isArray(body.prompt)
      ? (body.prompt as number[])
      : [...this.#start, ...this.#model.encode(String(body.prompt))];
    const maxTokens = Number(body.max_tokens);
    if (prompt.length + maxTokens > this.#context) {
      this.#tooLong(response, prompt.length);
      return;
    }
    const words = this.#options.reply?.(String(body.prompt)) ?? this.#ownWords(prompt, body);
    const limited = words.slice(0, maxTokens);
    if (body.stream !== true) {
      if (this.fault === 'slow-head') await closed(request);
      this.#whole(response, body, prompt, limited);
      return;
    }
    if (this.#writing >= atOnce) {
      this.#refuse(response, 'busy');
      return;
    }
    this.#writing += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#writing);
    try {
      await this.#stream(request, response, body, prompt, limited, words.length > maxTokens);
    } finally {
      this.#writing -= 1;
    }
  }

  #ownWords(prompt: readonly number[], body: Readonly<Record<string, unknown>>): readonly string[] {
    const ids = [...prompt];
    const { words = REPLY_WORDS, dialect } = this.#options;
    const whole = dialect === 'vllm' || dialect === 'llama-server';
    const sampling = {
      temperature: Number(body.temperature),
      topK: whole ? Number(body.top_k) : 0,
      repetitionPenalty: whole || dialect === 'tgi' ? Number(body.repetition_penalty) : 1,
    };
    for (let index = 0; index < words; index += 1) ids.push(this.#model.next(ids, sampling));
    return ids.slice(prompt.length).map((id) => this.#model.word(id));
  }

  #whole(
    response: ServerResponse,
    body: Readonly<Record<string, unknown>>,
    prompt: readonly number[],
    words: readonly string[],
  ): void {
    const { dialect } = this.#options;
    const ids = words.flatMap((word) => this.#model.encode(word));
    const all = [...prompt, ...ids];
    const at = (index: number): number => this.#model.logprob(all.slice(0, index), all[index] ?? 0);
    const skew = this.fault === 'wrong-scores' ? 0.5 : 0;
    const echo = body.echo === true;
    const from = echo ? 0 : prompt.length;
    const silent = this.fault === 'no-log-probabilities' || dialect === 'tgi' || dialect === 'lenient';
    const wanted = body.logprobs !== undefined && !silent;
    const shown = all.slice(from);
    json(response, {
      id: 'cmpl-1',
      object: 'text_completion',
      created: 0,
      model: this.model,
      system_fingerprint: dialect === 'vllm' ? VLLM_FINGERPRINT : 'b9999-test',
      choices: [
        {
          index: 0,
          text: (echo ? String(body.prompt) : '') + words.join(''),
          finish_reason: 'length',
          logprobs: !wanted
            ? null
            : dialect === 'llama-server'
              ? {
                  content: ids.map((id, index) => ({
                    id,
                    token: words[index],
                    logprob: at(prompt.length + index),
                  })),
                }
              : {
                  tokens: shown.map((id) => this.#model.word(id)),
                  token_logprobs: shown.map((_, index) =>
                    from + index === 0 ? null : at(from + index) + (echo ? skew : 0),
                  ),
                  text_offset: [],
                },
          ...(dialect === 'vllm' &&
            body.prompt_logprobs !== undefined && {
              prompt_logprobs: prompt.map((id, index) =>
                index === 0
                  ? null
                  : {
                      [String(id)]: {
                        logprob: at(index) + skew,
                        rank: 1,
                        decoded_token: this.#model.word(id),
                      },
                    },
              ),
            }),
        },
      ],
      usage: { prompt_tokens: prompt.length, completion_tokens: ids.length, total_tokens: all.length },
    });
  }

  /** llama-server's own endpoint: tokens in, the next one out, with raw probabilities. */
  #rawCompletion(response: ServerResponse, body: Readonly<Record<string, unknown>>): void {
    const before = body.prompt as number[];
    if (before.length >= this.#context) {
      this.#tooLong(response, before.length);
      return;
    }
    const [[forced] = []] = (body.logit_bias as [number, number][] | undefined) ?? [];
    const id = forced ?? this.#model.greedy(before);
    const skew = this.fault === 'wrong-scores' ? 0.5 : 0;
    json(response, {
      content: this.#model.word(id),
      tokens: [id],
      completion_probabilities: [
        {
          id,
          token: this.#model.word(id),
          logprob: this.#model.logprob(before, id) + skew,
          top_logprobs: [
            { id, token: this.#model.word(id), logprob: this.#model.logprob(before, id) + skew },
          ],
        },
      ],
    });
  }

  async #stream(
    request: IncomingMessage,
    response: ServerResponse,
    body: Readonly<Record<string, unknown>>,
    prompt: readonly number[],
    words: readonly string[],
    cutByLength: boolean,
  ): Promise<void> {
    const { dialect, pace = 0 } = this.#options;
    const gone = { yes: false };
    response.on('close', () => {
      gone.yes = !response.writableFinished;
      if (gone.yes) this.closedEarly += 1;
    });
    if (this.fault === 'not-a-stream') {
      json(response, { choices: [] });
      return;
    }
    if (this.fault === 'slow-head') {
      await closed(request);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const continuous = (body.stream_options as { continuous_usage_stats?: boolean } | undefined)
      ?.continuous_usage_stats;
    const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
    const chunk = (text: string, done: number, finish: string | null): object => ({
      id: 'cmpl-1',
      object: 'text_completion',
      created: 0,
      model: this.model,
      // vLLM names itself at the end.
      ...(dialect !== 'vllm' && { system_fingerprint: 'b9999-test' }),
      choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
      ...(dialect === 'vllm' && continuous === true && { usage: usageOf(prompt.length, done) }),
      ...(dialect === 'llama-server' && {
        timings: { prompt_n: prompt.length, prompt_ms: 5, predicted_n: done, predicted_ms: done * 2 },
        ...(finish !== null && { usage: usageOf(prompt.length, done) }),
      }),
    });
    for (const [index, word] of words.entries()) {
      if (gone.yes) return;
      if (index === 2) {
        if (this.fault === 'cut') {
          // What was written arrives, for a browser drops what it had not handed over yet; the end of the chunked body does not.
          await pause(500);
          response.socket?.end();
          return;
        }
        if (this.fault === 'stall') {
          await closed(request);
          return;
        }
        if (this.fault === 'malformed') response.write('data: {"choices": [{"te\n\n');
        if (this.fault === 'error-event')
          response.write(event({ error: { message: 'out of memory', type: 'server_error', code: 500 } }));
        if (this.fault === 'huge') response.write(`data: ${'x'.repeat(6 * 1024 * 1024)}\n\n`);
      }
      // A sign of life between events, and an event torn across two writes.
      const text = event(chunk(word, index + 1, null));
      response.write(`: \n\n${text.slice(0, 9)}`);
      await pause(pace);
      response.write(text.slice(9));
    }
    response.write(event(chunk('', words.length, cutByLength ? 'length' : 'stop')));
    if (dialect !== 'llama-server')
      response.write(
        event({
          ...chunk('', words.length, null),
          choices: [],
          usage: usageOf(prompt.length, words.length),
          ...(dialect === 'vllm' && { system_fingerprint: VLLM_FINGERPRINT }),
        }),
      );
    response.end('data: [DONE]\n\n');
  }

  #refuse(response: ServerResponse, because: 'busy' | 'loading'): void {
    if (this.retryAfterSeconds !== null) response.setHeader('retry-after', String(this.retryAfterSeconds));
    if (because === 'loading') this.#error(response, 503, 'Loading model', 'unavailable_error');
    else this.#error(response, 429, 'Too many requests', 'rate_limit_error');
  }

  #tooLong(response: ServerResponse, promptTokens: number): void {
    if (this.#options.dialect === 'llama-server')
      json(response, llamaTooLong(promptTokens, this.#context), 400);
    else this.#error(response, 400, vllmTooLong(promptTokens, this.#context), 'BadRequestError');
  }

  #error(response: ServerResponse, status: number, message: string, type: string): void {
    // vLLM makes these outside of what gives other answers the permission to be read.
    if (this.#options.dialect === 'vllm' && (status === 400 || status === 401))
      response.removeHeader('access-control-allow-origin');
    json(response, { error: { message, type, param: null, code: status } }, status);
  }
}
