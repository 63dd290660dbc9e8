import { NoRedisClientError } from '../errors.ts';

/** The client package, where it is installed. */
export async function loadClient(): Promise<typeof import('redis')> {
  try {
    return await import('redis');
  } catch (cause) {
    throw new NoRedisClientError(cause);
  }
}
