/**
 * The precache keeps whole files and answers with them whatever was asked. Converting reads by byte ranges, and takes a host that
 * ignores them for one that cannot resume.
 * @returns the one part a `Range` header asks for; the response itself where none is asked for, or not a single one from its start.
 */
export async function partOf(request: Request, response: Response): Promise<Response> {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '');
  if (!asked || response.status !== 200) return response;
  const whole = await response.blob();
  const first = Number(asked[1]);
  const last = Math.min(asked[2] ? Number(asked[2]) : Infinity, whole.size - 1);
  const headers = new Headers(response.headers);
  if (first > last) {
    headers.set('content-range', `bytes */${String(whole.size)}`);
    headers.delete('content-length');
    return new Response(null, { status: 416, headers });
  }
  // What a compressing host said of the whole is not true of what is stored.
  headers.delete('content-encoding');
  headers.set('content-range', `bytes ${String(first)}-${String(last)}/${String(whole.size)}`);
  headers.set('content-length', String(last - first + 1));
  return new Response(whole.slice(first, last + 1), { status: 206, statusText: 'Partial Content', headers });
}
