import { createMillrace } from 'millrace';
import { coalesce } from 'millrace/resilience';

const millrace = await createMillrace();

const render = async (report: string, { signal }: { signal: AbortSignal }): Promise<Uint8Array> => {
  const answer = await fetch(`https://reports.example/${report}`, { signal });
  return new Uint8Array(await answer.arrayBuffer());
};

const once = coalesce<string, Uint8Array>((report) => report, { maxKeys: 1000 }, { events: millrace.events })(render);

export const report = (name: string): Promise<Uint8Array> => once(name, millrace.context('report.render', { timeout: '10s' }));
