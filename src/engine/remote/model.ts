import type { ModelToLoad } from '../port.ts';

/** A model on a server. Functions are asked anew each time, so that neither key nor consent lies in a state. */
export interface RemoteModel extends ModelToLoad {
  readonly engine: 'remote';
  /** `server:` and the server's id. */
  readonly modelId: string;
  readonly displayName: string;
  /** Until the server says more. */
  readonly quantization: string;
  readonly server: {
    readonly id: string;
    readonly name: string;
    /** Absolute, ends with a slash; the API is at `v1/` below it. */
    readonly root: string;
    /** The model's name there; null takes the only one. */
    readonly model: string | null;
  };
  /** Catalogue id of the model it is, for how to prompt it; '' when it is none of them. */
  readonly promptAs: string;
  /** Tokens of the window where the server does not say; null: not known. */
  readonly knownContext: number | null;
  readonly key: () => string | null;
  /** Whether a person agreed, in this session, that words go to this server. */
  readonly agreed: () => boolean;
}

export function isRemoteModel(model: ModelToLoad): model is RemoteModel {
  return model.engine === 'remote';
}
