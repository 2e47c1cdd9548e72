import '../../network/egress-gate.ts';
import { answerCalls, type WorkerScope } from '../../lib/worker/worker-rpc.ts';
import type { AgeCalls } from './age-calls.ts';
import { decryptFile, encryptFile } from './age-file.ts';

answerCalls<AgeCalls>(self as unknown as WorkerScope, {
  encrypt: ({ file, passphrase }) => encryptFile(file, passphrase),
  decrypt: ({ file, passphrase }) => decryptFile(file, passphrase),
});
