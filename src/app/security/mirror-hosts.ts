/**
 * Hosts with copies of the weights, named when the app is built: `MODEL_MIRRORS="https://mirror.ward.example" npm run build`.
 * They go into the page's policy; `config.json` then says where on them the files lie.
 */

/** @param text addresses, separated by spaces or commas. @returns their origins. @throws Error, see `namedOrigins`. */
export function mirrorHosts(text = ''): readonly string[] {
  return namedOrigins('MODEL_MIRRORS', text, 'https://mirror.example.org');
}

/**
 * Origins that a variable of the build names.
 * @throws Error for what is no address of https: plain http to another machine is refused by browsers in any case.
 */
export function namedOrigins(variable: string, text: string, example: string): readonly string[] {
  return text
    .split(/[\s,]+/)
    .filter((each) => each !== '')
    .map((each) => {
      const url = URL.canParse(each) ? new URL(each) : null;
      if (url?.protocol !== 'https:')
        throw new Error(`${variable}: "${each}" is not an address such as ${example}`);
      return url.origin;
    });
}

/** Of this build; in node (the build itself, tests) of the environment. */
export const MIRROR_HOSTS: readonly string[] =
  typeof __MODEL_MIRRORS__ === 'undefined' ? mirrorHosts(process.env.MODEL_MIRRORS) : __MODEL_MIRRORS__;
