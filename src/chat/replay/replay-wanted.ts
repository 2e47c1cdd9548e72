/** The reply that is to be run again as soon as its details are open: a key asked for both at once. */
import { create } from 'zustand';

export const useReplayWanted = create<{ readonly messageId: string | null }>(() => ({ messageId: null }));
