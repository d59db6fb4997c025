// All copies: those that run, and how the others ended.

import {Copy, ended} from '../api';
import {bytes, moment} from '../format';
import {useLive} from '../live';
import {CopyCard} from '../parts/copy_card';
import {StartCopy} from '../parts/start_copy';
import {StateBadge} from '../parts/state_badge';

const Row = ({copy}: {copy: Copy}) => (
  <tr>
    <th scope="row"><a href={`#/copies/${copy.id}`}>{copy.id}</a></th>
    <td>{copy.source} <span class="arrow">→</span> {copy.destination}</td>
    <td><StateBadge state={copy.state} /></td>
    <td>{moment(copy.t0)}</td>
    <td class="number">{bytes(copy.bytes.done)}</td>
    <td class="number">{bytes(copy.bytes.preserved)}</td>
    <td class="number">{copy.held.total}</td>
  </tr>
);

export function Copies() {
  const {copies} = useLive();
  const running = copies.filter(({state}) => !ended(state));
  const over = copies.filter(({state}) => ended(state));
  return (
    <>
      <div class="title">
        <h1>Copies</h1>
        <StartCopy />
      </div>
      {running.map((copy) => <CopyCard key={copy.id} copy={copy} />)}
      {running.length === 0 && <p class="card muted">No copy is running.</p>}
      {over.length > 0 && (
        <section aria-labelledby="ended-title">
          <h2 id="ended-title">Ended</h2>
          <div class="card scroll" tabIndex={0} role="region" aria-labelledby="ended-title">
            <table>
              <thead>
                <tr>
                  <th scope="col">copy</th>
                  <th scope="col">what</th>
                  <th scope="col">state</th>
                  <th scope="col">as of</th>
                  <th scope="col" class="number">copied</th>
                  <th scope="col" class="number">preserved</th>
                  <th scope="col" class="number">held</th>
                </tr>
              </thead>
              <tbody>{over.map((copy) => <Row key={copy.id} copy={copy} />)}</tbody>
            </table>
          </div>
        </section>
      )}
    </>
  );
}
