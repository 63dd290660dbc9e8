import type { JSX } from 'preact';
import type { Finding, Report } from '../../../../millrace/src/monitoring/api/schema.ts';
import { ask } from '../../api/paths.ts';
import { Icon } from '../../components/icon.tsx';
import { type Verdict, verdict } from '../../format/readings.ts';
import { to } from '../../shell/paths.ts';
import { alerts, limits, nowMs } from '../../state/live.ts';
import { useAnswer } from '../../state/use-answer.ts';

/** The first thing one reads: is it all right, and if not, what, since when and why. */
export function VerdictCard(): JSX.Element {
  const result = verdict(alerts.value, limits.value, nowMs.value);
  return (
    <section class={`card verdict is-${result.tone}`} aria-label="Verdict">
      <span class="mark">
        <Icon name={result.tone === 'good' ? 'check' : result.tone === 'unknown' ? 'overview' : 'alert'} />
      </span>
      <div class="grow">
        <h2>{result.headline}</h2>
        {result.alert ? <Cause result={result} /> : <p>{result.detail}</p>}
      </div>
      {result.alert ? <Actions result={result} /> : null}
    </section>
  );
}

const half = 30_000;

/** The finding that is about the same place, else the alert's own words. */
function Cause({ result }: { result: Verdict }): JSX.Element {
  const report = useAnswer<Report>(ask.report, () => half);
  const finding = report.value?.findings.find((one) => explains(one, result));
  return <p>{finding ? finding.why : result.detail}</p>;
}

const explains = (finding: Finding, { endpoint, alert }: Verdict): boolean => {
  if (finding.kind === 'overLimit') return false;
  if (endpoint !== undefined) return finding.endpoint === endpoint;
  return alert?.threshold === 'poolUsagePercent' ? finding.kind === 'poolWaits' : alert?.threshold === 'cacheHitRatePercent' && finding.kind === 'lowHitRate';
};

const placeOf = ({ endpoint, alert }: Verdict): string => {
  if (endpoint !== undefined) return to(`/endpoints/${encodeURIComponent(endpoint)}`);
  if (alert?.threshold === 'cacheHitRatePercent') return to('/cache');
  return alert && /^(?:query|slowQueries|pool|connection)/.test(alert.threshold) ? to('/database') : to('/alerts');
};

const Actions = ({ result }: { result: Verdict }): JSX.Element => (
  <div class="actions">
    <a class="button wide" href={to('/alerts')}>
      Alerts
    </a>
    <a class="button is-main" href={placeOf(result)}>
      Find the cause
      <Icon name="right" />
    </a>
  </div>
);
