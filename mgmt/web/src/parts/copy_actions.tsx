// Start (of one that was held back), pause, resume and cancel of one copy. Cancelling asks first: what is copied so far is lost.

import {useRef, useState} from 'preact/hooks';
import {Copy, Refusal, ended, post} from '../api';
import {live} from '../live';

export function CopyActions({copy}: {copy: Copy}) {
  const [refusal, setRefusal] = useState('');
  const [busy, setBusy] = useState(false);
  const sure = useRef<HTMLDialogElement>(null);
  const act = async (verb: string) => {
    setBusy(true);
    setRefusal('');
    try {
      live.takeCopy(await post<Copy>(`/copies/${copy.id}/${verb}`));
    } catch (error) {
      setRefusal((error as Refusal).message);
    }
    setBusy(false);
  };
  return (
    <div class="actions">
      {!ended(copy.state) &&
        (copy.state === 'collecting' ? (
          <button onClick={() => void act('start')} disabled={busy}>Start</button>
        ) : copy.state === 'paused' ? (
          <button onClick={() => void act('resume')} disabled={busy}>Resume</button>
        ) : (
          <button onClick={() => void act('pause')} disabled={busy || copy.state === 'draining'}>Pause</button>
        ))}
      {!ended(copy.state) && (
        <button class="danger" onClick={() => sure.current?.showModal()} disabled={busy}>Cancel…</button>
      )}
      <div role="alert">{refusal && <p class="refusal">{refusal}</p>}</div>
      <dialog ref={sure} aria-labelledby="sure-title">
        <h2 id="sure-title">Cancel copy {copy.id}?</h2>
        <p>Host writes that are held go on at once. What is on {copy.destination} so far is of no use.</p>
        <div class="actions">
          <button onClick={() => sure.current?.close()}>Keep copying</button>
          <button class="danger" onClick={() => (sure.current?.close(), void act('cancel'))}>Cancel the copy</button>
        </div>
      </dialog>
    </div>
  );
}
