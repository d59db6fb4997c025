// Asks for a part of a copy's snapshot map, again and again while the copy runs and is looked at.
// A copy that is over has no map any more: what was seen last stays.

import {useEffect, useState} from 'preact/hooks';
import {SnapshotMap, get} from '../api';
import {Range} from './view';

const kEvery = 400; // ms

export function useMap(id: number, range: Range | null, buckets: number, running: boolean): SnapshotMap | null {
  const [map, setMap] = useState<SnapshotMap | null>(null);
  const window = range === null ? '' : `&from=${range.offset}&length=${range.length}`;
  useEffect(() => {
    if (buckets === 0 || !running) return;
    let over = false;
    let timer = 0;
    const ask = async () => {
      if (!document.hidden) {
        const answer = await get<SnapshotMap>(`/copies/${id}/map?buckets=${buckets}${window}`).catch(() => null);
        if (over) return;
        if (answer !== null) setMap(answer);
      }
      timer = setTimeout(() => void ask(), kEvery);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [id, window, buckets, running]);
  return map;
}
