/// <reference types="vite/client" />
declare const __APP_VERSION__: string;
/** The commit that was built, with a `+` where files differ from it; empty where nobody knows. */
declare const __APP_COMMIT__: string;
/** See `app/mirror-hosts.ts`. */
declare const __MODEL_MIRRORS__: readonly string[];
/** Not defined where node runs a file as it is. */
declare const __MODEL_SERVERS__: readonly string[] | undefined;
