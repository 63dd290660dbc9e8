import { createMillrace } from 'millrace';

const millrace = await createMillrace({ monitoring: { thresholds: { responseTimeMs: 800, errorRatePercent: 2 } } });

millrace.monitoring.on('alert', ({ state, severity, text, endpoint }) => {
  console.log(`${state} (${severity}): ${text}`, endpoint ?? '');
});
