/** What one field of a cron expression may hold. */
interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const fields: readonly Field[] = [
  { name: 'second', from: 0, to: 59 },
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12 },
  { name: 'day of week', from: 0, to: 7 },
];

/** A leap day on a given weekday comes within 40 years, also over the century that has none. */
const farthestYears = 40;

/** Why an expression cannot be read, in words. */
export class CronProblem extends Error {}

/**
 * A cron expression of five fields (minute, hour, day of month, month, day of week) or six (a second before them): `*`, numbers, lists, ranges and steps. Sunday is 0
 * or 7. Where both days are restricted either will do, as in Vixie cron (crontab(5)). Times are UTC, so that no hour is missing and none comes twice.
 */
export class Cron {
  readonly #allowed: readonly ReadonlySet<number>[];
  readonly #isEitherDay: boolean;

  /** @throws CronProblem */
  constructor(expression: string) {
    const words = expression.trim().split(/\s+/);
    if (words.length !== 5 && words.length !== 6) throw new CronProblem(`it has ${words.length} fields: five or six are needed`);
    const six = words.length === 6 ? words : ['0', ...words];
    this.#allowed = six.map((word, at) => allowedBy(word, fields[at] as Field));
    this.#isEitherDay = !six[3]?.startsWith('*') && !six[5]?.startsWith('*');
  }

  /** The first moment after this one, wall ms; undefined where there is none, as on the 30th of February. */
  after(wallMs: number): number | undefined {
    const at = new Date(Math.floor(wallMs / 1000) * 1000 + 1000);
    const lastYear = at.getUTCFullYear() + farthestYears;
    while (at.getUTCFullYear() <= lastYear) {
      if (!this.#allows(4, at.getUTCMonth() + 1)) at.setTime(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
      else if (!this.#allowsDay(at)) at.setTime(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1));
      else if (!this.#allows(2, at.getUTCHours())) at.setUTCHours(at.getUTCHours() + 1, 0, 0);
      else if (!this.#allows(1, at.getUTCMinutes())) at.setUTCMinutes(at.getUTCMinutes() + 1, 0);
      else if (!this.#allows(0, at.getUTCSeconds())) at.setUTCSeconds(at.getUTCSeconds() + 1);
      else return at.getTime();
    }
    return undefined;
  }

  #allows(field: number, value: number): boolean {
    return this.#allowed[field]?.has(value) === true;
  }

  #allowsDay(at: Date): boolean {
    const day = this.#allows(3, at.getUTCDate());
    const weekday = this.#allows(5, at.getUTCDay());
    return this.#isEitherDay ? day || weekday : day && weekday;
  }
}

function allowedBy(word: string, field: Field): ReadonlySet<number> {
  const allowed = new Set(word.split(',').flatMap((part) => valuesOf(part, field)));
  if (field.to === 7 && allowed.has(7)) allowed.add(0);
  return allowed;
}

function valuesOf(part: string, { name, from, to }: Field): readonly number[] {
  const [, star, low, high, step] = /^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
  if (star === undefined && low === undefined) throw new CronProblem(`${JSON.stringify(part)} is no ${name}`);
  const first = star ? from : Number(low);
  const last = star || (step !== undefined && high === undefined) ? to : Number(high ?? low);
  const by = Number(step ?? 1);
  if (first < from || last > to || first > last || by === 0) throw new CronProblem(`${JSON.stringify(part)} is no ${name}: ${from} to ${to}`);
  return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, at) => first + at * by);
}
