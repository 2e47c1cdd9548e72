import { create } from 'zustand';

export interface OfflineState {
  /** `none`: this browser or address can't have a service worker. `ready`: everything needed offline is on this machine. */
  readonly status: 'none' | 'installing' | 'ready' | 'failed';
  /** A newer version of the app waits until the person agrees. */
  readonly updateWaiting: boolean;
}

export const useOffline = create<OfflineState>(() => ({ status: 'none', updateWaiting: false }));
