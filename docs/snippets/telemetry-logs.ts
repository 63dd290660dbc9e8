import { createMillrace } from 'millrace';
import { pino } from 'pino';

// A pino that is already there; without one, JSON lines go to standard output.
const millrace = await createMillrace({}, { log: pino({ level: 'info' }) });

millrace.on('monitoring.alert.opened', ({ text }) => console.log(text));
