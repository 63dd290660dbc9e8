import type { JSX } from 'preact';
import type { LimitReading, Series, ThresholdName } from '../../../../millrace/src/monitoring/api/schema.ts';
import { Spark, type SparkTone } from '../../chart/spark.tsx';
import { FigureText } from '../../components/figure-text.tsx';
import { count, doesNotApply, duration, type Figure, percent, perSecond, significant, words } from '../../format/figures.ts';
import { limitWords, readingTone, type Tone } from '../../format/readings.ts';
import { to } from '../../shell/paths.ts';
import { cache, database, inFlight, limits, overall, process } from '../../state/live.ts';
import { rangeQuery, useRange } from '../../state/range.ts';

interface TileProps {
  readonly title: string;
  readonly value: Figure;
  readonly note: string;
  readonly href: string;
  readonly values: readonly (number | null)[];
  readonly reading?: LimitReading | undefined;
  /** The limit in the unit of `values`. */
  readonly limit?: number | undefined;
}

const sparkTones: Readonly<Record<Tone, SparkTone>> = { good: 'accent', unknown: 'accent', warn: 'warn', high: 'high', crit: 'high' };

function Tile({ title, value, note, href, values, reading, limit }: TileProps): JSX.Element {
  const tone = readingTone(reading);
  const past = (reading?.strainRatio ?? 0) > 1;
  return (
    <a class="card tile" href={href}>
      <h2>
        {title}
        {past ? <span class={`tag is-${tone}`}>over</span> : tone === 'warn' ? <span class="tag is-warn">near</span> : null}
      </h2>
      <div class={`tile-value ${past ? 'over' : ''}`}>
        <FigureText value={value} />
      </div>
      <div class="tile-note cut">{note}</div>
      <Spark values={values} tone={sparkTones[tone]} limit={limit} />
    </a>
  );
}

const newest = 60;
const none: readonly (number | null)[] = [];
const last = (values: readonly (number | null)[] | undefined): readonly (number | null)[] => values?.slice(-newest) ?? none;
const notThere: Figure = { text: doesNotApply, unit: '' };
const percentLimit = (reading: LimitReading | undefined): number | undefined => (reading ? reading.limit / 100 : undefined);
const limitNote = (reading: LimitReading | undefined): string => (reading ? `limit ${limitWords(reading.limit, reading.unit)}` : '');
const meanNote = (meanMs: number, reading: LimitReading | undefined): string =>
  `mean ${words(duration(meanMs))}${reading ? ` of ${limitWords(reading.limit, reading.unit)}` : ''}`;
const join = (...parts: readonly string[]): string => parts.filter(Boolean).join(', ');

/** Six figures over the last minute, each with its shape over the range. */
export function Tiles({ series }: { series: Series | undefined }): JSX.Element {
  const range = useRange();
  const figures = overall.value;
  const of = (threshold: ThresholdName): LimitReading | undefined => limits.value?.find((one) => one.threshold === threshold);
  const link = (path: string): string => to(path, rangeQuery(range));
  return (
    <section class="tiles" aria-label="Key figures, last minute">
      <Tile
        title="Requests"
        value={perSecond(figures?.ratePerSecond)}
        note={figures ? join(`${count(figures.ratePerMinute).text} /min`, `${inFlight.value ?? 0} in flight`) : ''}
        href={link('/endpoints')}
        values={last(series?.ratePerSecond)}
      />
      <Tile
        title="Response, p95"
        value={duration(figures?.p95Ms)}
        note={figures?.averageMs == null ? '' : meanNote(figures.averageMs, of('responseTimeMs'))}
        href={link('/endpoints')}
        values={last(series?.p95Ms)}
        reading={of('responseTimeMs')}
        limit={of('responseTimeMs')?.limit}
      />
      <Tile
        title="Errors"
        value={percent(figures?.errorRatio)}
        note={figures ? join(`${count(figures.errors).text} of ${count(figures.requests).text}`, limitNote(of('errorRatePercent'))) : ''}
        href={link('/endpoints')}
        values={last(series?.errorRatio)}
        reading={of('errorRatePercent')}
        limit={percentLimit(of('errorRatePercent'))}
      />
      <CacheTile series={series} href={link('/cache')} reading={of('cacheHitRatePercent')} />
      <PoolTile series={series} href={link('/database')} reading={of('poolUsagePercent')} />
      <Tile
        title="CPU"
        value={percent(process.value?.cpuRatio)}
        note={process.value ? join(`memory ${words(percent(process.value.memoryRatio))}`, limitNote(of('cpuUsagePercent'))) : ''}
        href={link('/limits')}
        values={last(series?.cpuRatio)}
        reading={of('cpuUsagePercent')}
        limit={percentLimit(of('cpuUsagePercent'))}
      />
    </section>
  );
}

interface PartTileProps {
  readonly series: Series | undefined;
  readonly href: string;
  readonly reading: LimitReading | undefined;
}

function CacheTile({ series, href, reading }: PartTileProps): JSX.Element {
  const figures = cache.value;
  if (figures === null) return <Tile title="Cache hit rate" value={notThere} note="no cache in this service" href={href} values={none} />;
  return (
    <Tile
      title="Cache hit rate"
      value={percent(figures?.hitRatio)}
      note={figures ? join(`${count(figures.misses).text} ${figures.misses === 1 ? 'miss' : 'misses'}`, limitNote(reading)) : ''}
      href={href}
      values={last(series?.cacheHitRatio)}
      reading={reading}
    />
  );
}

function PoolTile({ series, href, reading }: PartTileProps): JSX.Element {
  const figures = database.value;
  if (figures === null) return <Tile title="Database pool" value={notThere} note="no database in this service" href={href} values={none} />;
  return (
    <Tile
      title="Database pool"
      value={percent(figures?.poolUsedRatio)}
      note={figures ? join(`${figures.waiting} wait`, figures.statementsPerSecond === null ? '' : `${significant(figures.statementsPerSecond)} queries/s`) : ''}
      href={href}
      values={last(series?.poolUsedRatio)}
      reading={reading}
      limit={percentLimit(reading)}
    />
  );
}
