/// <reference types="vite/client" />
declare const __APP_VERSION__: string;
/** Not defined where node runs a file as it is. */
declare const __MODEL_SERVERS__: readonly string[] | undefined;
