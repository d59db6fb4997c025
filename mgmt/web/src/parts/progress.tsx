// How far a copy is, with its rate and when it will be done.

import {Copy, ended} from '../api';
import {bytes, duration, percent, rate} from '../format';

export function Progress({copy}: {copy: Copy}) {
  const {done, total} = copy.bytes;
  const share = total > 0 ? done / total : 0;
  const running = !ended(copy.state);
  return (
    <div class="progress">
      <div
        class={`progress-bar state-${copy.state}`}
        role="progressbar"
        aria-label={`Copy ${copy.id}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share * 100)}
      >
        <span style={{width: `${share * 100}%`}} />
      </div>
      <p class="progress-text">
        <b>{percent(done, total)}</b>
        <span>
          {bytes(done)} of {bytes(total)}
        </span>
        {running && copy.state !== 'paused' && <span>{rate(copy.rate)}</span>}
        {running && copy.eta_seconds !== null && copy.state === 'copying' && <span>{duration(copy.eta_seconds)} left</span>}
        {copy.held.now > 0 && <span class="held-now">{copy.held.now} held</span>}
      </p>
    </div>
  );
}
