import type { StreamPorts } from './live-stream.ts';

/**
 * An event stream read with `fetch`. The browser's own `EventSource` cannot say after a new start which event it saw last, and it reconnects at a fixed pace; here
 * `Last-Event-ID` is a header like any other and the pace is ours. The format is that of the HTML standard, section 9.2.6.
 */
export function readEvents(url: string): StreamPorts['open'] {
  return (lastEventId, handlers) => {
    const stop = new AbortController();
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
    fetch(url, { headers, cache: 'no-store', signal: stop.signal })
      .then(async (response) => {
        if (!response.ok || !response.body) throw new Error(`The event stream answered ${response.status}`);
        handlers.opened();
        const feed = eventParser(handlers.event);
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) feed(piece.value);
      })
      .then(handlers.failed, handlers.failed);
    return { close: () => stop.abort() };
  };
}

/** Longest event that is kept, in characters: a server gone wrong must not fill the tab's memory. */
const longestEvent = 4_000_000;

/** Takes text in pieces of any size and calls back for each whole event. */
export function eventParser(onEvent: (name: string, data: string, id: string) => void): (piece: string) => void {
  let rest = '';
  let name = 'message';
  let id = '';
  let data: string[] = [];
  const line = (text: string): void => {
    if (text === '') {
      if (data.length) onEvent(name, data.join('\n'), id);
      name = 'message';
      data = [];
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') name = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  };
  return (piece) => {
    rest += piece;
    if (rest.length > longestEvent) throw new Error('An event is longer than any this page expects');
    // A return at the very end may be the first half of a line break: wait for what follows.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    lines.forEach(line);
  };
}
