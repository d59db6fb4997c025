// Where the reader is: the fragment of the address ("#/copies/3"), so that the daemon serves one
// page and the browser's history works.

import {useEffect, useState} from 'preact/hooks';

const parts = () => location.hash.replace(/^#\/?/, '').split('/');

export function usePlace(): string[] {
  const [place, setPlace] = useState(parts);
  useEffect(() => {
    const moved = () => setPlace(parts());
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return place;
}
