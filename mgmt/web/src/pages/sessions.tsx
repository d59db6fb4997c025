// The iSCSI sessions, each with what it does.

import {Session} from '../api';
import {bytes, count, rate} from '../format';
import {useLive} from '../live';
import {Figures} from '../parts/figures';
import {Plot} from '../parts/plot';
import {kBytes, kCommands, perSecond} from '../parts/plots';

function SessionCard({session}: {session: Session}) {
  const history = useLive().ofSession.get(session.id);
  return (
    <article class="card" aria-label={`Session ${session.id}`}>
      <div class="card-head">
        <h2>{session.initiator || session.peer}</h2>
        <span class="badge">{session.type}</span>
      </div>
      <Figures
        of={[
          ['target', session.target || '–', 'long'],
          ['from', session.peer],
          ['ISID', <code>{session.isid}</code>],
          ['TSIH', session.tsih],
          ['core', session.core],
          ['commands', count(session.commands)],
          ['read', bytes(session.bytes_read)],
          ['written', bytes(session.bytes_written)],
        ]}
      />
      <div class="columns">
        <Plot title="Throughput" history={history} lines={kBytes} format={rate} binary height={110} />
        <Plot title="SCSI commands" history={history} lines={kCommands} format={perSecond} height={110} />
      </div>
    </article>
  );
}

export function Sessions() {
  const {sessions} = useLive();
  return (
    <>
      <h1>Sessions</h1>
      {sessions.length === 0 && <p class="card muted">No initiator is logged in.</p>}
      {sessions.map((session) => <SessionCard key={session.id} session={session} />)}
    </>
  );
}
