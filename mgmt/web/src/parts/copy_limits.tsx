// How much a running copy may take: its rate and its impact on hosts, changed while it runs.

import {useState} from 'preact/hooks';
import {Copy, Refusal, patch} from '../api';
import {sizeText} from '../format';
import {live} from '../live';

const kImpacts = ['low', 'normal', 'max'];

export function CopyLimits({copy}: {copy: Copy}) {
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [done, setDone] = useState(false);
  const apply = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const rate = String(form.get('rate_limit')).trim();
    setDone(false);
    try {
      const change = {rate_limit: rate === '' ? 0 : rate, impact: form.get('impact')};
      live.takeCopy(await patch<Copy>(`/copies/${copy.id}`, change));
      setRefusal(null);
      setDone(true);
    } catch (error) {
      setRefusal(error as Refusal);
    }
  };
  return (
    <form class="limits" onSubmit={(event) => void apply(event)} onInput={() => setDone(false)}>
      <label class={refusal?.field === 'rate_limit' ? 'faulty' : ''}>
        Rate limit per second
        <input name="rate_limit" defaultValue={copy.rate_limit > 0 ? sizeText(copy.rate_limit) : ''} placeholder="none" autocomplete="off" />
      </label>
      <label>
        Impact on hosts
        <select name="impact">
          {kImpacts.map((impact) => (
            <option key={impact} selected={impact === copy.impact}>
              {impact}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">Apply</button>
      <p role="status" class={refusal === null ? 'muted' : 'refusal'}>
        {refusal !== null ? refusal.message : done && 'Applied.'}
      </p>
    </form>
  );
}
