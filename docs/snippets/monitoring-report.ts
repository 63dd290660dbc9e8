import { createMillrace } from 'millrace';

const millrace = await createMillrace();

const { summary, findings } = millrace.monitoring.report('1h');
console.log(summary);
for (const { severity, title, why, advice } of findings) console.log(`${severity}: ${title}\n  ${why}\n  ${advice}`);
