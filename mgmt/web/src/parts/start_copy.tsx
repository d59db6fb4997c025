// The form that starts a copy. Values are checked by the daemon, which names the field at fault.

import {ComponentChildren} from 'preact';
import {useRef, useState} from 'preact/hooks';
import {Copy, Refusal, post} from '../api';
import {live, useLive} from '../live';

interface Choice {
  value: string;
  text: string;
}
const kConsistencies: Choice[] = [
  {value: 'source', text: 'source: the whole as it stands now'},
  {value: 'segment', text: 'segment: each when its turn comes'},
];
const kReleases: Choice[] = [
  {value: 'written', text: 'written: old data is in the store'},
  {value: 'ram', text: 'ram: old data has been read'},
];
const kPolicies: Choice[] = [
  {value: 'break_copy', text: 'break the copy, never a host'},
  {value: 'fail_write', text: 'fail the write, keep the copy'},
];

const kImpacts: Choice[] = [
  {value: 'low', text: 'low'},
  {value: 'normal', text: 'normal'},
  {value: 'max', text: 'max: as fast as it goes'},
];

// Which one is chosen at first is a matter of the options: a value of the select would be set again
// whenever the page is renewed.
const options = (choices: Choice[], chosen?: string) =>
  choices.map(({value, text}) => (
    <option key={value} value={value} selected={value === chosen}>
      {text}
    </option>
  ));

export function StartCopy() {
  const {volumes} = useLive();
  const dialog = useRef<HTMLDialogElement>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const names = volumes.map(({name}) => ({value: name, text: name}));

  const start = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const body = Object.fromEntries([...form].filter(([, value]) => value !== ''));
    try {
      const copy = await post<Copy>('/copies', body);
      live.takeCopy(copy);
      dialog.current?.close();
      location.hash = `#/copies/${copy.id}`;
    } catch (error) {
      setRefusal(error as Refusal);
    }
  };
  const field = (name: string, text: string, input: ComponentChildren) => (
    <label class={refusal?.field === name ? 'faulty' : ''}>
      {text}
      {input}
      {refusal?.field === name && <span class="refusal">{refusal.message}</span>}
    </label>
  );

  return (
    <>
      <button class="main" onClick={() => (setRefusal(null), dialog.current?.showModal())}>Start a copy…</button>
      <dialog ref={dialog} class="form" aria-labelledby="start-title">
        <form onSubmit={(event) => void start(event)}>
          <h2 id="start-title">Start a copy</h2>
          <div class="fields">
            {field('source', 'Source', <select name="source">{options(names)}</select>)}
            {field('destination', 'Destination', <select name="destination">{options(names, names[1]?.value)}</select>)}
            {field('consistency', 'Consistency', <select name="consistency">{options(kConsistencies)}</select>)}
            {field('release', 'A held write goes on when', <select name="release">{options(kReleases)}</select>)}
            {field('on_preserve_error', 'If old data cannot be saved', <select name="on_preserve_error">{options(kPolicies)}</select>)}
            {field('rate_limit', 'Rate limit per second', <input name="rate_limit" placeholder="none, or 50MiB" autocomplete="off" />)}
            {field('impact', 'Impact on hosts', <select name="impact">{options(kImpacts, 'normal')}</select>)}
            {field('segment_size', 'Segment', <input name="segment_size" placeholder="64MiB" autocomplete="off" />)}
            {field('grain', 'Grain', <input name="grain" placeholder="16KiB" autocomplete="off" />)}
          </div>
          <p class="muted">What is on the destination is overwritten.</p>
          <div role="alert">{refusal !== null && refusal.field === '' && <p class="refusal">{refusal.message}</p>}</div>
          <div class="actions">
            <button type="button" onClick={() => dialog.current?.close()}>Close</button>
            <button class="main" type="submit">Start</button>
          </div>
        </form>
      </dialog>
    </>
  );
}
