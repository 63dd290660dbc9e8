import { createMillrace, type Surroundings } from 'millrace';

/** `log`: the pino the application already has. Slow requests, failures and changes of state go through it. */
export async function start(log: Surroundings['log']): Promise<void> {
  const millrace = await createMillrace({}, { log });
  await millrace.executeQuery('select 1');
}
