// Live: what the page knows of the daemon. Events say what changes; counters, and lists that have
// no events, are asked for again every second while somebody looks.

import {useEffect, useState} from 'preact/hooks';
import {Copy, Lun, Session, SessionEvent, Status, Timed, Volume, ended, get} from './api';
import {StreamEvent, readEvents} from './event_stream';
import {History} from './history';

const kEventsKept = 500;
const kEverySecond = 1000;
const kAskAgain = 2000;
const kAnswerMax = 0.3; // seconds

export interface EventLine {
  key: number;
  time: string;
  kind: 'copy' | 'session' | 'refused';
  copy?: number;
  text: string;
}

class Live {
  connected = false;
  status: Status | null = null;
  volumes: Volume[] = [];
  luns: Lun[] = [];
  sessions: Session[] = [];
  copies: Copy[] = []; // newest first
  events: EventLine[] = []; // newest first
  readonly total = new History(); // commands, bytes read, bytes written of all sessions
  readonly ofSession = new Map<number, History>();
  readonly ofVolume = new Map<string, History>(); // reads, writes, bytes read, bytes written
  readonly ofCopy = new Map<number, History>(); // bytes done, bytes preserved

  private readonly listeners = new Set<() => void>();
  private nextKey = 1;
  private lastEvent = '0';
  private telling = false;
  private counted = {sessions: new Map<number, Session>(), sums: [0, 0, 0]};

  start(): void {
    void this.listen();
    void this.ask();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A copy as an action has just answered it. */
  takeCopy(copy: Copy, time = now()): void {
    const at = this.copies.findIndex((known) => known.id === copy.id);
    if (at >= 0) this.copies[at] = copy;
    else this.copies = [copy, ...this.copies].sort((a, b) => b.id - a.id);
    if (!ended(copy.state)) this.history(this.ofCopy, copy.id).add(time, [copy.bytes.done, copy.bytes.preserved]);
    this.tell();
  }

  /** Once per picture, however many events came. */
  private tell(): void {
    if (this.telling) return;
    this.telling = true;
    requestAnimationFrame(() => {
      this.telling = false;
      for (const listener of this.listeners) listener();
    });
  }

  private history<K>(of: Map<K, History>, key: K): History {
    let history = of.get(key);
    if (history === undefined) of.set(key, (history = new History()));
    return history;
  }

  private async listen(): Promise<void> {
    // With what happened before, as far as the daemon still knows.
    await readEvents(`/api/v1/events?after=${this.lastEvent}`, (event) => {
      if (event.id !== '') this.lastEvent = event.id;
      this.take(event);
    }).catch(() => false);
    setTimeout(() => void this.listen(), kAskAgain);
  }

  private take({type, data}: StreamEvent): void {
    if (type === 'copy') this.onCopy(JSON.parse(data) as Timed<Copy>);
    if (type === 'session') this.onSession(JSON.parse(data) as Timed<SessionEvent>);
    if (type !== 'progress') return;
    const copy = JSON.parse(data) as Timed<Copy>;
    this.takeCopy(copy, secondsOf(copy.time));
  }

  private onCopy(copy: Timed<Copy>): void {
    const error = copy.error === null ? '' : `: ${copy.error.text}`;
    const text = `copy ${copy.id} of ${copy.source} is ${copy.state}${error}`;
    this.note({kind: 'copy', time: copy.time, copy: copy.id, text});
    this.takeCopy(copy, secondsOf(copy.time));
  }

  private onSession(event: Timed<SessionEvent>): void {
    const who = event.session.initiator || event.session.peer;
    const where = event.session.target || 'discovery';
    const text =
      event.kind === 'began'
        ? `${who} logged in to ${where}`
        : event.kind === 'ended'
          ? `${who} left ${where}${event.reason ? ': ' + event.reason : ''}`
          : `${who} was refused: ${event.reason}`;
    this.note({kind: event.kind === 'refused' ? 'refused' : 'session', time: event.time, text});
    this.tell();
  }

  private note(line: Omit<EventLine, 'key'>): void {
    this.events = [{key: this.nextKey++, ...line}, ...this.events.slice(0, kEventsKept - 1)];
  }

  private async ask(): Promise<void> {
    try {
      if (!document.hidden || !this.connected) await this.refresh();
      this.connected = true;
    } catch {
      this.connected = false;
    }
    this.tell();
    setTimeout(() => void this.ask(), this.connected ? kEverySecond : kAskAgain);
  }

  private async refresh(): Promise<void> {
    const first = !this.connected;
    const asked = now();
    const [status, volumes, luns, sessions] = await Promise.all([
      get<Status>('/status'),
      get<{volumes: Volume[]}>('/volumes'),
      get<{luns: Lun[]}>('/luns'),
      get<{sessions: Session[]}>('/sessions'),
    ]);
    this.status = status;
    this.volumes = volumes.volumes;
    this.luns = luns.luns;
    this.sessions = sessions.sessions;
    // When were they counted, if the answer took long? A rate over that would be made up.
    if (now() - asked < kAnswerMax) {
      this.countSessions(asked);
      this.countUnits(asked);
    }
    // Events tell of copies from here on, but not of what was missed.
    if (first) this.copies = (await get<{copies: Copy[]}>('/copies')).copies;
  }

  // Sums over sessions that come and go: what each has added since it was last seen.
  private countSessions(time: number): void {
    const seen = new Map<number, Session>();
    for (const session of this.sessions) {
      const before = this.counted.sessions.get(session.id);
      const counters = [session.commands, session.bytes_read, session.bytes_written];
      this.history(this.ofSession, session.id).add(time, counters);
      const known = before ? [before.commands, before.bytes_read, before.bytes_written] : counters;
      this.counted.sums = this.counted.sums.map((sum, i) => sum + Math.max(0, counters[i] - known[i]));
      seen.set(session.id, session);
    }
    this.counted.sessions = seen;
    for (const id of this.ofSession.keys()) if (!seen.has(id)) this.ofSession.delete(id);
    this.total.add(time, this.counted.sums);
  }

  private countUnits(time: number): void {
    const sums = new Map<string, number[]>();
    for (const {volume, io} of this.luns)
      if (io && !sums.has(volume)) sums.set(volume, [io.reads, io.writes, io.bytes_read, io.bytes_written]);
    for (const [volume, counters] of sums) this.history(this.ofVolume, volume).add(time, counters);
  }
}

const now = () => Date.now() / 1000;
const secondsOf = (time: string) => Date.parse(time) / 1000;

export const live = new Live();

/** Renders the caller again whenever something changed. */
export function useLive(): Live {
  const [, turn] = useState(0);
  useEffect(() => live.subscribe(() => turn((n) => n + 1)), []);
  return live;
}
