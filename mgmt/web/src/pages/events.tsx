// What has happened, as far back as the daemon remembers.

import {useState} from 'preact/hooks';
import {useLive} from '../live';
import {EventList} from '../parts/event_list';

const kKinds = [
  {kind: '', text: 'all'},
  {kind: 'copy', text: 'copies'},
  {kind: 'session', text: 'sessions'},
  {kind: 'refused', text: 'refused log-ins'},
];

export function Events() {
  const {events} = useLive();
  const [kind, setKind] = useState('');
  const lines = events.filter((line) => kind === '' || line.kind === kind);
  return (
    <>
      <div class="title">
        <h1>Events</h1>
        <div class="tools" role="group" aria-label="Which">
          {kKinds.map((choice) => (
            <button key={choice.kind} class="quiet" aria-pressed={choice.kind === kind} onClick={() => setKind(choice.kind)}>
              {choice.text}
            </button>
          ))}
        </div>
      </div>
      <div class="card">
        {lines.length > 0 ? <EventList lines={lines} /> : <p class="muted">Nothing of this kind has happened yet.</p>}
      </div>
    </>
  );
}
