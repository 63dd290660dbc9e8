const mostCharacters = 128;
const allowed = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/+=@') allowed[character.charCodeAt(0)] = 1;

/**
 * The request id a client or proxy sent, or undefined where there is none that may be taken over. It goes into logs and back into a header, so it
 * holds 1 to 128 letters, digits and `-._~:/+=@`, and nothing that could end a line or a field.
 */
export function acceptedRequestId(given: unknown): string | undefined {
  if (typeof given !== 'string' || given.length === 0 || given.length > mostCharacters) return undefined;
  for (let at = 0; at < given.length; at++) {
    const code = given.charCodeAt(at);
    if (code > 127 || allowed[code] === 0) return undefined;
  }
  return given;
}
