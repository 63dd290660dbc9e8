import { createMillrace } from 'millrace';

const millrace = await createMillrace();

// This instance is not ready while a part of its own is busy. A dependency that is away is no reason.
const release = millrace.monitoring.health.hold('The search index is being built');
await millrace.executeQuery('refresh materialized view concurrently search');
release();

console.log(millrace.monitoring.healthDetail());
