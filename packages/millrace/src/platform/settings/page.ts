import { formatDuration, formatSize } from '../../kernel/index.ts';
import { databaseParts, laterNames, redisParts, type Setting, settings } from './table.ts';

/** The docs page of all settings, made from the table; a test keeps the file equal. */
export const settingsPage = (): string =>
  [
    '# Configuration',
    '',
    'Every setting, its names and its bounds. Made from the table in `packages/millrace/src/platform/settings/table.ts` by `UPDATE_DOCS=1 npm run test:unit`.',
    '',
    'What wins: the call `createMillrace(config)`, then the environment, then the file (`millrace.config.ts`, or the one that `MILLRACE_CONFIG_FILE` names; it exports',
    '`config`), then the default. A name that begins with `MILLRACE_` and is none of ours stops the start; so do a wrong value and two different values for one',
    'setting under two of its names. Every problem is listed at once. In code durations are `Duration` (`"5m"` or ms) and sizes `ByteSize` (`"64MiB"` or bytes).',
    '',
    '| setting | environment | may be | default | what it does |',
    '|---|---|---|---|---|',
    ...settings.map(row),
    '',
    '## Parts of DATABASE_URL',
    '',
    'Where `DATABASE_URL` is not set, these make it; the first name of a line is the canonical one.',
    '',
    ...Object.entries(databaseParts).map(([part, names]) => `- ${part}: ${names.map(code).join(', ')}`),
    '',
    '## Parts of REDIS_URL',
    '',
    ...Object.entries(redisParts).map(([part, names]) => `- ${part}: ${names.map(code).join(', ')}`),
    '',
    '## Known names without effect yet',
    '',
    'Accepted, with one warning at start: the part they belong to is not there yet.',
    '',
    ...Object.entries(laterNames).map(([name, missing]) => `- \`${name}\`: ${missing}`),
    '',
  ].join('\n');

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');

const row = ({ path, env, aliases, kind, about, secret }: Setting): string =>
  `| ${code(path)} | ${[env, ...aliases].map(code).join(' ')} | ${cell(kind.rule.allowed)}${bare(kind.unit)} | ${fallback(kind.rule.fallback, kind.rule.suffix)} | ${cell(about)}${secret ? ' Never shown.' : ''} |`;

const bare = (unit: string): string => (unit.startsWith('duration; ') ? `; ${unit.slice('duration; '.length)}` : '');

function fallback(value: unknown, suffix: string): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'unset';
  if (value === '') return 'empty';
  if (typeof value !== 'number') return code(String(value));
  if (suffix === 'Ms') return code(formatDuration(value));
  return code(suffix === 'Bytes' ? formatSize(value) : String(value));
}
