import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Alert, AlertList } from '../../../millrace/src/monitoring/api/schema.ts';
import { type Failure, send } from '../api/get.ts';
import { ask } from '../api/paths.ts';
import { Card } from '../components/card.tsx';
import { Part } from '../components/part.tsx';
import { Empty } from '../components/states.tsx';
import { type Column, Table } from '../components/table.tsx';
import { limitWords, measured, severityTone } from '../format/readings.ts';
import { age, moment } from '../format/time.ts';
import { say } from '../shell/notice.tsx';
import { to } from '../shell/paths.ts';
import { useTitle } from '../shell/title.ts';
import { nowMs, alerts as openNow } from '../state/live.ts';
import { useAnswer } from '../state/use-answer.ts';

/** What broke, and what broke before? */
export function Alerts(): JSX.Element {
  useTitle('Alerts');
  const list = useAnswer<AlertList>(ask.alerts, () => 5_000);
  // A change of the open ones comes with the stream, sooner than the next turn.
  const open = openNow.value ?? list.value?.open;
  return (
    <Part title="Alerts" part={list}>
      {({ history }) => (
        <>
          <Card title="Open" sub={open?.length ? 'worst first' : undefined}>
            {open && open.length > 0 ? (
              <ul class="alert-list" data-rows>
                {open.map((alert) => (
                  <OpenAlert key={alert.id} alert={alert} done={list.reload} />
                ))}
              </ul>
            ) : (
              <Empty>
                No alert is open.{' '}
                {history[0]
                  ? `The last one, ${history[0].title.toLowerCase()}, ended ${age(nowMs.value - (history[0].resolvedAtMs ?? nowMs.value))} ago.`
                  : 'None has been since the start.'}
              </Empty>
            )}
          </Card>
          <Card title="Before" sub={history.length ? 'newest first' : undefined}>
            {history.length ? <History rows={history} /> : <Empty>Alerts that ended will be listed here, with how long they lasted.</Empty>}
          </Card>
        </>
      )}
    </Part>
  );
}

function OpenAlert({ alert, done }: { alert: Alert; done: () => void }): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const resolve = async (): Promise<void> => {
    setBusy(true);
    const answer = await send<Alert>('POST', ask.resolve(alert.id), {});
    setBusy(false);
    if (!answer.ok) {
      setFailure(answer.failure);
      return;
    }
    openNow.value = (openNow.value ?? []).filter((one) => one.id !== alert.id);
    say(`Resolved: ${alert.title}`);
    // Its button is gone: the next sensible place is the page itself.
    document.querySelector('main')?.focus({ preventScroll: true });
    done();
  };
  return (
    <li>
      <span class={`tag is-${severityTone(alert.severity)}`}>{alert.severity}</span>
      <div class="grow">
        <strong>
          {alert.title}: {measured(alert.value, alert.unit)}, limit {limitWords(alert.limit, alert.unit)}, for {age(nowMs.value - alert.openedAtMs)}
        </strong>
        <p>
          {alert.text}{' '}
          {alert.endpoint ? (
            <a class="link" href={to(`/endpoints/${encodeURIComponent(alert.endpoint)}`)} data-row>
              Look at the endpoint
            </a>
          ) : null}
        </p>
        {failure ? (
          <p class="over" role="alert">
            Not resolved: {failure.message} (<code>{failure.code}</code>)
          </p>
        ) : null}
      </div>
      <button type="button" class="button" disabled={busy} onClick={resolve} title="It opens again if the figure is still past its limit">
        {failure ? 'Try again' : 'Resolve'}
      </button>
    </li>
  );
}

const by = { recovery: 'by itself', key: 'by hand' } as const;

function History({ rows }: { rows: readonly Alert[] }): JSX.Element {
  const columns: readonly Column<Alert>[] = [
    { id: 'title', title: 'Alert', kind: 'name', cell: (row) => row.title },
    { id: 'severity', title: 'Severity', cell: (row) => <span class={`tag is-${severityTone(row.severity)}`}>{row.severity}</span> },
    { id: 'worst', title: 'Worst', kind: 'number', cell: (row) => measured(row.worst, row.unit) },
    { id: 'limit', title: 'Limit', kind: 'number', wide: true, cell: (row) => limitWords(row.limit, row.unit), tone: () => 'muted' },
    {
      id: 'opened',
      title: 'Opened',
      kind: 'number',
      sortBy: (row) => row.openedAtMs,
      cell: (row) => moment(row.openedAtMs, nowMs.peek()),
      tone: () => 'muted',
    },
    { id: 'lasted', title: 'Lasted', kind: 'number', cell: (row) => (row.resolvedAtMs === null ? '' : age(row.resolvedAtMs - row.openedAtMs)) },
    { id: 'by', title: 'Ended', cell: (row) => (row.resolvedBy ? by[row.resolvedBy] : ''), tone: () => 'muted', wide: true },
  ];
  return <Table label="Past alerts" columns={columns} rows={rows} rowKey={(row) => row.id} />;
}
