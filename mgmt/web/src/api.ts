// The management port, as far as the page uses it: the objects it answers with, and calls.

import {token} from './token';

export interface Status {
  name: string;
  version: string;
  uptime_seconds: number;
  cores: number;
  io_engine: string;
  portals: string[];
  targets: number;
  volumes: number;
  sessions: number;
  copies: {running: number; ended: number};
  pid: number;
}

export interface Volume {
  name: string;
  kind: string;
  location: string;
  size: number;
  block_size: number;
  read_only: boolean;
  write_protected: boolean;
  cache: string;
}

/** What hosts have done to a logical unit since the daemon started; absent where not counted. */
export interface UnitIo {
  reads: number;
  writes: number;
  bytes_read: number;
  bytes_written: number;
}

export interface Lun {
  target: string;
  lun: number;
  volume: string;
  size: number;
  block_size: number;
  naa: string;
  serial: string;
  io?: UnitIo;
}

export interface Session {
  id: number;
  target: string;
  initiator: string;
  isid: string;
  tsih: number;
  connections: number;
  peer: string;
  core: number;
  commands: number;
  bytes_read: number;
  bytes_written: number;
  type: 'normal' | 'discovery';
}

export type CopyState =
  | 'collecting'
  | 'preparing'
  | 'copying'
  | 'paused'
  | 'draining'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'broken';

export interface Copy {
  id: number;
  origin: string;
  source: string;
  destination: string;
  state: CopyState;
  consistency: string;
  release: string;
  on_preserve_error: string;
  segment_size: number;
  grain: number;
  rate_limit: number;
  impact: string;
  t0: string | null;
  started: string | null;
  ended: string | null;
  fence_us: number;
  bytes: {total: number; done: number; written: number; skipped: number; preserved: number};
  store_bytes: number;
  segments: {total: number; done: number; active: {offset: number; length: number} | null};
  held: {now: number; total: number};
  writes_failed: number;
  hold_us: {p50: number; p99: number; max: number; histogram: {below_us: number; count: number}[]};
  rate: number;
  eta_seconds: number | null;
  initiator?: string;
  error: {code: string; party: string; text: string; offset: number; length: number} | null;
}

/** Bytes of one piece of the source, by state of the snapshot map. */
export interface Bucket {
  offset: number;
  length: number;
  owed: number;
  in_flight: number;
  preserved: number;
  copied: number;
}

export interface SnapshotMap {
  id: number;
  size: number;
  grain: number;
  buckets: Bucket[];
}

export interface SessionEvent {
  kind: 'began' | 'ended' | 'refused';
  reason: string;
  session: Session;
}

/** An event: when it happened, and what. */
export type Timed<T> = T & {time: string};

/** A refusal of the daemon (RFC 9457), or the fault that kept us from asking it. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly status = 0,
    readonly field = '',
  ) {
    super(message);
  }
}

export const ended = (state: CopyState) =>
  state === 'completed' || state === 'failed' || state === 'cancelled' || state === 'broken';

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {...(body === undefined ? {} : {'Content-Type': 'application/json'}), ...token.headers()},
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal('The daemon does not answer.');
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401) token.ask();
  if (!response.ok)
    throw new Refusal(answer.detail ?? `HTTP ${response.status}`, response.status, answer.field ?? '');
  return answer as T;
}

export const get = <T,>(path: string) => call<T>('GET', '/api/v1' + path);
export const patch = <T,>(path: string, body: unknown) => call<T>('PATCH', '/api/v1' + path, body);
export const post = <T,>(path: string, body?: unknown) => call<T>('POST', '/api/v1' + path, body);
