/**
 * Takes secrets out of whatever is printed: by the name of the field, by the shape of the text (a password in a URL, a bearer token), and by value, for the
 * secrets that were given to it. It may take out too much; it must not take out too little.
 */
export const redacted = '[redacted]';

const secretName =
  /pass(word|wd|phrase)?$|^pwd$|secret|credential|authorization|cookie|api[-_]?keys?$|private[-_]?key|(access|refresh|auth|bearer|session|csrf|id)[-_]?token|^token$|pvt[-_]?key|(cursor|signing|encryption|access)[-_]?key|connection[-_]?string|session[-_]?id|^dsn$/i;

/** True where a field of that name holds a secret, whatever its value. */
export const isSecretName = (name: string): boolean => secretName.test(name);

/** `://user:password@`; a colon and a port number begin no password. */
const urlPassword = /(:\/\/[^\s:@/"'<>]*):(?!\d{1,5}(?:[/?#\s"']|$))[^\s"'<>]*@/g;
const named =
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|private[-_]?key|access[-_]?key|pvt[-_]?key)["']?\s*[=:]\s*)("[^"]*"?|'[^']*'?|[^\s&"',;})]+)/gi;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;
const jsonWebToken = /\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*/g;
const shortestSecret = 6;
const mostSecrets = 1_000;

export interface Redactor {
  /** The text without its secrets. */
  text(value: string): string;
  /** Takes out this value, too, wherever it stands from now on; shorter than 6 characters is no secret. At most 1,000 are known, the newest. */
  learn(secret: string): void;
}

export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const known = new Set<string>();
  let longestFirst: readonly string[] = [];
  const learn = (secret: string): void => {
    if (secret.length < shortestSecret) return;
    for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) known.add(form);
    for (const oldest of known) {
      if (known.size <= mostSecrets) break;
      known.delete(oldest);
    }
    longestFirst = [...known].sort((a, b) => b.length - a.length);
  };
  for (const secret of secrets) learn(secret);
  return { text: (value) => redactShapes(longestFirst.reduce((text, secret) => text.replaceAll(secret, redacted), value)), learn };
}

/** Takes out what has the shape of a secret. */
export const redactShapes = (value: string): string =>
  value.replace(urlPassword, `$1:${redacted}@`).replace(named, `$1${redacted}`).replace(bearer, `$1 ${redacted}`).replace(jsonWebToken, redacted);
