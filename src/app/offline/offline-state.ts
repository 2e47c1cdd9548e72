import { create } from 'zustand';

/**
 * A newer version of the app. `offered`: it waits until the person agrees. `taking`: they have, and the page reloads as soon as the
 * older worker lets go. `late`: it has not, and the page no longer reloads by itself.
 */
export type UpdateState = 'none' | 'offered' | 'taking' | 'late';

export interface OfflineState {
  /** `none`: this browser or address can't have a service worker. `ready`: everything needed offline is on this machine. */
  readonly status: 'none' | 'installing' | 'ready' | 'failed';
  readonly update: UpdateState;
}

export const useOffline = create<OfflineState>(() => ({ status: 'none', update: 'none' }));
