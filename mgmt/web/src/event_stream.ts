// Server-sent events by fetch: as EventSource, but with a token.

import {token} from './token';

export interface StreamEvent {
  id: string;
  type: string;
  data: string;
}

/** Reads events until the connection ends; false if it was refused. */
export async function readEvents(path: string, take: (event: StreamEvent) => void): Promise<boolean> {
  const response = await fetch(path, {headers: {Accept: 'text/event-stream', ...token.headers()}});
  if (!response.ok || response.body === null) {
    if (response.status === 401) token.ask();
    return false;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return true;
    text += value;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) take(parse(event));
  }
}

function parse(text: string): StreamEvent {
  const event = {id: '', type: 'message', data: ''};
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    const value = line.slice(colon + 2);
    if (line.startsWith('id: ')) event.id = value;
    if (line.startsWith('event: ')) event.type = value;
    if (line.startsWith('data: ')) event.data += value;
  }
  return event;
}
