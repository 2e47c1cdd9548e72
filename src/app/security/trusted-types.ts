/**
 * The page's policy is `require-trusted-types-for 'script'`: no string may become script. What remains allowed is this:
 * workers from this origin, and parsing of text into an inert document. Import this before anything else.
 * https://w3c.github.io/trusted-types/dist/spec/
 */
interface TrustedTypesFactory {
  createPolicy(
    name: string,
    rules: {
      createHTML?: (input: string, type: string, sink: string) => string | null;
      createScriptURL?: (input: string) => string | null;
    },
  ): unknown;
}

declare global {
  interface Window {
    readonly trustedTypes?: TrustedTypesFactory;
  }
}

window.trustedTypes?.createPolicy('default', {
  createScriptURL: (input) => (isOwnScript(input) ? input : null),
  // The maths renderer parses MathML with DOMParser: such a document runs no script and loads nothing.
  createHTML: (input, _type, sink) => (sink === 'DOMParser parseFromString' ? input : null),
});

function isOwnScript(input: string): boolean {
  const url = new URL(input, document.baseURI);
  return url.origin === location.origin && (url.protocol === location.protocol || url.protocol === 'blob:');
}

export {};
