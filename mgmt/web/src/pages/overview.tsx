// What the daemon is doing right now.

import {ended} from '../api';
import {count, duration, rate} from '../format';
import {useLive} from '../live';
import {CopyCard} from '../parts/copy_card';
import {EventList} from '../parts/event_list';
import {Figures} from '../parts/figures';
import {Plot} from '../parts/plot';
import {kBytes, kCommands, perSecond} from '../parts/plots';

export function Overview() {
  const {status, sessions, copies, events, total} = useLive();
  if (status === null) return <p class="muted">Asking the daemon…</p>;
  const running = copies.filter(({state}) => !ended(state));
  return (
    <>
      <h1 class="unseen">Overview</h1>
      <Figures
        of={[
          ['volumes', <a href="#/volumes">{count(status.volumes)}</a>],
          ['sessions', <a href="#/sessions">{count(sessions.length)}</a>],
          ['copies running', <a href="#/copies">{count(running.length)}</a>],
          ['up for', duration(status.uptime_seconds)],
          ['portal', status.portals.join(', '), 'long'],
        ]}
      />
      <div class="columns">
        <section class="card" aria-label="Throughput">
          <Plot title="Throughput" history={total} lines={kBytes} format={rate} binary />
        </section>
        <section class="card" aria-label="Commands">
          <Plot title="SCSI commands" history={total} lines={kCommands} format={perSecond} />
        </section>
      </div>
      <div class="columns">
        <section aria-labelledby="running-title">
          <h2 id="running-title">Copies</h2>
          {running.map((copy) => <CopyCard key={copy.id} copy={copy} />)}
          {running.length === 0 && <p class="card muted">No copy is running. <a href="#/copies">Start one.</a></p>}
        </section>
        <section aria-labelledby="recent-title">
          <h2 id="recent-title">Lately</h2>
          <div class="card">
            {events.length > 0 ? <EventList lines={events.slice(0, 8)} /> : <p class="muted">Nothing has happened yet.</p>}
          </div>
        </section>
      </div>
      <p class="muted foot">
        {status.name} {status.version}, {status.cores} cores, {status.io_engine}. The same as JSON:{' '}
        <a href="api/v1">/api/v1</a>, described in <a href="openapi.json">/openapi.json</a>
      </p>
    </>
  );
}
