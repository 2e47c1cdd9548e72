/** Whether what a person writes is being kept, as every screen shows it. */
import { create } from 'zustand';
import type { AppError } from '../errors/app-error.ts';

export type StorageHealth =
  | { readonly kind: 'opening' }
  | { readonly kind: 'ok' }
  /** In memory because it was asked for: nothing is to be said about it here. */
  | { readonly kind: 'private' }
  /** No database: everything lives in this tab's memory and ends with it. */
  | { readonly kind: 'memory-only'; readonly error: AppError }
  /** `unsaved` writes wait in memory and are tried again. */
  | { readonly kind: 'full'; readonly error: AppError; readonly unsaved: number }
  /** Another tab holds an older version open; this one goes on by itself when that tab closes. */
  | { readonly kind: 'blocked'; readonly error: AppError }
  /** A newer version of the app has the database; only a reload helps. */
  | { readonly kind: 'version'; readonly error: AppError }
  | { readonly kind: 'failed'; readonly error: AppError; readonly unsaved: number };

/** zustand: one per tab. */
export const useStorageHealth = create<StorageHealth>(() => ({ kind: 'opening' }));

export function storageHealth(): StorageHealth {
  return useStorageHealth.getState();
}

export function setStorageHealth(health: StorageHealth): void {
  useStorageHealth.setState(health, true);
}
