/** Small parts of the test server's answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export function usageOf(promptTokens: number, completionTokens: number): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 1 },
  };
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export async function readBody(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) throw new Error('too long');
  }
  return text === '' ? null : (JSON.parse(text) as Record<string, unknown>);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Until whoever asked has gone. */
export function closed(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    request.socket.once('close', () => resolve());
  });
}

export function llamaTooLong(promptTokens: number, context: number): object {
  return {
    error: {
      code: 400,
      message: 'the request exceeds the available context size, try increasing it',
      type: 'exceed_context_size_error',
      n_prompt_tokens: promptTokens,
      n_ctx: context,
    },
  };
}

export function vllmTooLong(promptTokens: number, context: number): string {
  return `This model's maximum context length is ${String(context)} tokens. However, you requested 5 output tokens and your prompt contains at least ${String(promptTokens)} input tokens.`;
}
