// A running copy at a glance.

import {Copy} from '../api';
import {clock} from '../format';
import {CopyActions} from './copy_actions';
import {Progress} from './progress';
import {StateBadge} from './state_badge';

export const CopyCard = ({copy}: {copy: Copy}) => (
  <article class="card copy-card" aria-label={`Copy ${copy.id}`}>
    <div class="card-head">
      <h3>
        <a href={`#/copies/${copy.id}`}>
          {copy.source} <span class="arrow">→</span> {copy.destination}
        </a>
      </h3>
      <StateBadge state={copy.state} />
    </div>
    <Progress copy={copy} />
    <div class="card-foot">
      <p class="muted">
        copy {copy.id}, as of {clock(copy.t0)}
      </p>
      <CopyActions copy={copy} />
    </div>
  </article>
);
