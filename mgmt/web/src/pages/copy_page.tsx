// One copy: its map, its progress, and every figure of it.

import {useEffect, useState} from 'preact/hooks';
import {Copy, Refusal, ended, get} from '../api';
import {bytes, count, micros, moment, rate} from '../format';
import {live, useLive} from '../live';
import {SnapshotMapView} from '../map/snapshot_map';
import {CopyActions} from '../parts/copy_actions';
import {CopyLimits} from '../parts/copy_limits';
import {Figures} from '../parts/figures';
import {HoldHistogram} from '../parts/hold_histogram';
import {Plot} from '../parts/plot';
import {kCopyBytes} from '../parts/plots';
import {Progress} from '../parts/progress';
import {StateBadge} from '../parts/state_badge';

function Meaning({copy}: {copy: Copy}) {
  const source = <b>{copy.source}</b>;
  const destination = <b>{copy.destination}</b>;
  switch (copy.state) {
    case 'collecting':
      return <>Held back until it is started; nothing of {source} is guarded yet.</>;
    case 'preparing':
      return <>{destination} will be {source} as it stands at the begin time.</>;
    case 'copying':
      return <>{destination} is becoming {source} as of {moment(copy.t0)}.</>;
    case 'paused':
      return <>Nothing is copied for now; writes to {source} stay guarded.</>;
    case 'draining':
      return <>All is copied; {destination} is being flushed.</>;
    case 'completed':
      return <>{destination} is {source} as of {moment(copy.t0)}.</>;
    case 'failed':
      return <>The copy could not be finished; {destination} is of no use.</>;
    case 'cancelled':
      return <>The copy was cancelled; {destination} is of no use.</>;
    case 'broken':
      return <>Old data could not be saved; {destination} is of no use.</>;
  }
}

function Details({copy}: {copy: Copy}) {
  return (
    <Figures
      of={[
        ['written', bytes(copy.bytes.written)],
        ['skipped, zeroes', bytes(copy.bytes.skipped)],
        ['preserved', bytes(copy.bytes.preserved)],
        ['snapshot store', bytes(copy.store_bytes)],
        ['writes held', `${count(copy.held.total)}${copy.held.now > 0 ? `, ${copy.held.now} now` : ''}`],
        ['writes failed', count(copy.writes_failed)],
        ['fence', micros(copy.fence_us)],
        ['segments', `${copy.segments.done} of ${copy.segments.total}`],
        ['segment size', bytes(copy.segment_size)],
        ['grain', bytes(copy.grain)],
        ['consistency', copy.consistency],
        ['release', copy.release],
        ['on error', copy.on_preserve_error.replace('_', ' ')],
        ['rate limit', copy.rate_limit > 0 ? rate(copy.rate_limit) : 'none'],
        ['impact', copy.impact],
        ['started by', copy.initiator ?? copy.origin, copy.initiator === undefined ? undefined : 'long'],
        ['ended', moment(copy.ended), 'long'],
      ]}
    />
  );
}

export function CopyPage({id}: {id: number}) {
  const {copies, ofCopy} = useLive();
  const [missing, setMissing] = useState('');
  const copy = copies.find((known) => known.id === id);
  useEffect(() => {
    if (copy !== undefined) return;
    get<Copy>(`/copies/${id}`).then(
      (found) => live.takeCopy(found),
      (error: Refusal) => setMissing(error.message),
    );
  }, [id]);
  if (copy === undefined) return <p class="card muted">{missing || 'Asking the daemon…'}</p>;
  return (
    <>
      <div class="title">
        <div>
          <h1>
            {copy.source} <span class="arrow">→</span> {copy.destination} <StateBadge state={copy.state} />
          </h1>
          <p class="muted"><Meaning copy={copy} /></p>
        </div>
        <CopyActions copy={copy} />
      </div>
      {copy.error !== null && (
        <p class="card refusal">
          {copy.error.party}: {copy.error.text} ({copy.error.code}, {bytes(copy.error.length)} at {bytes(copy.error.offset)})
        </p>
      )}
      <div class="card"><Progress copy={copy} /></div>
      <SnapshotMapView copy={copy} />
      <div class="columns">
        <section class="card" aria-labelledby="holds-title">
          <h2 id="holds-title">Host writes were held for</h2>
          <HoldHistogram copy={copy} />
        </section>
        {!ended(copy.state) && (
          <section class="card" aria-label="Rates">
            <Plot title="Rates" history={ofCopy.get(id)} lines={kCopyBytes} format={rate} binary />
          </section>
        )}
      </div>
      {!ended(copy.state) && <section class="card" aria-label="Limits"><CopyLimits copy={copy} /></section>}
      <section class="card" aria-label="Figures"><Details copy={copy} /></section>
    </>
  );
}
