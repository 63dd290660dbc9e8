// One more process of the retail service, on the database and port of its environment. Says `ready` when it answers; ends in order on SIGTERM.
import { runAlone } from '@millrace/retail';

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
await runAlone();
process.send?.('ready');
