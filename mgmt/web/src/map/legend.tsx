// What the colours of the map mean, and how much there is of each: the map for those who do not
// see it.

import {bytes, percent} from '../format';
import {Totals} from './view';

const kRows: {state: keyof Totals; text: string; hint: string}[] = [
  {state: 'copied', text: 'copied', hint: 'at its place in the destination'},
  {state: 'preserved', text: 'preserved', hint: 'overwritten since, old data in the snapshot store'},
  {state: 'held', text: 'held', hint: 'being preserved, host writes wait'},
  {state: 'copying', text: 'copying', hint: 'owed, in the segment being copied'},
  {state: 'owed', text: 'owed', hint: 'only the source has it'},
];

export function Legend({sum, length}: {sum: Totals; length: number}) {
  return (
    <dl class="legend">
      {kRows.map(({state, text, hint}) => (
        <div key={state} title={hint}>
          <dt>
            <span class={`swatch ${state}`} aria-hidden="true" />
            {text}
          </dt>
          <dd>
            {bytes(sum[state])} <small>{percent(sum[state], length)}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}
