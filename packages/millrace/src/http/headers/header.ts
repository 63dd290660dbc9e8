import { HeaderError } from '../errors.ts';

const tab = 9;
const space = 32;
const del = 127;
const lastLatin1 = 255;

/** Where in `value` the first character stands that no header value may hold (RFC 9110, section 5.5), or -1. */
export function forbiddenAt(value: string): number {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if ((code < space && code !== tab) || code === del || code > lastLatin1) return at;
  }
  return -1;
}

const isToken = (name: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);

/** The same headers, checked: whoever builds them out of a user's text cannot forge a line. @throws MILLRACE_HEADER */
export function checkedHeaders<Headers extends Readonly<Record<string, string>>>(headers: Headers): Headers {
  for (const [name, value] of Object.entries(headers)) {
    if (!isToken(name)) throw new HeaderError(name, 0);
    const at = forbiddenAt(value);
    if (at >= 0) throw new HeaderError(name, at);
  }
  return headers;
}
