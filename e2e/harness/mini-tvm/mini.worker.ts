/** The engine's own worker, in a scope where a stand-in library can be instantiated. */
import './install.ts';
import '../../../src/engine/mlc/worker/mlc.worker.ts';
