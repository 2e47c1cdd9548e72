/**
 * zod as this project uses it: without its compiled fast path, which probes `new Function` and so makes every page under our
 * policy log a violation. https://zod.dev/api?id=jitless
 */
import { config, z } from 'zod';

config({ jitless: true });

export { z };
