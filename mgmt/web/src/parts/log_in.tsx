// Asks for a token, when the daemon wants one.

import {useEffect, useState} from 'preact/hooks';
import {token} from '../token';

/** Whether one is wanted; renders the caller again when that changes. */
export function useTokenWanted(): boolean {
  const [wanted, setWanted] = useState(token.wanted);
  useEffect(() => {
    const take = () => setWanted(token.wanted);
    take(); // it may have been asked for before anybody listened
    return token.subscribe(take);
  }, []);
  return wanted;
}

export function LogIn() {
  const [refusal, setRefusal] = useState('');
  const logIn = async (event: Event) => {
    event.preventDefault();
    const given = String(new FormData(event.target as HTMLFormElement).get('token')).trim();
    if (given === '') return setRefusal('There is no token without characters.');
    const why = await token.refused(given);
    setRefusal(why);
    if (why === '') token.give(given);
  };
  return (
    <section class="log-in" aria-labelledby="log-in">
      <h1 id="log-in">Log in</h1>
      <p class="muted">
        The daemon asks for a token. Its first one is in the file <code>admin.token</code> of its state directory; others are
        made by <code>tidemark token create</code>.
      </p>
      <form onSubmit={(event) => void logIn(event)}>
        <label class={refusal === '' ? '' : 'faulty'}>
          Token
          <input name="token" type="password" autocomplete="off" spellcheck={false} />
        </label>
        <button type="submit">Log in</button>
        <p role="status" class="refusal">
          {refusal}
        </p>
      </form>
    </section>
  );
}
