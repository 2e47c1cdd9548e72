import { QueryClient } from '@tanstack/react-query';

/** One for the page, so that the device is probed and measured once. */
export const queries = new QueryClient();
