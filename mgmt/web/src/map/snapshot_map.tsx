// The live snapshot map of a copy: which old data is owed, being copied, copied, preserved, and
// where host writes are held. Zooms from the whole source to single grains, by dragging over it, by
// its buttons, or by keys.

import {useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {Bucket, Copy, ended} from '../api';
import {bytes, percent} from '../format';
import {useTheme} from '../theme';
import {useWidth} from '../parts/use_width';
import {Legend} from './legend';
import {Shares, approach, paint, sharesOf} from './paint';
import {useMap} from './use_map';
import {Range, cells, fit, layout, panned, totals, zoomed} from './view';

const kGrainsMin = 32; // the closest look
const kGlide = 0.22; // of the way per picture

/** The canvas shows `shares` gliding to where `buckets` say they are. */
function useGlide(buckets: Bucket[]): Shares[] {
  const shown = useRef<Shares[]>([]);
  const base = useRef('');
  const [, turn] = useState(0);
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  useEffect(() => {
    const wanted = buckets.map(sharesOf);
    const where = `${buckets.length} ${buckets[0]?.offset} ${buckets[0]?.length}`;
    if (where !== base.current || still) shown.current = wanted.map((share) => ({...share}));
    base.current = where;
    let frame = 0;
    const step = () => {
      const there = approach(shown.current, wanted, kGlide);
      turn((n) => n + 1);
      if (!there) frame = requestAnimationFrame(step);
    };
    step();
    return () => cancelAnimationFrame(frame);
  }, [buckets]);
  return shown.current.length === buckets.length ? shown.current : buckets.map(sharesOf);
}

function cellText(bucket: Bucket): string {
  const parts = (['copied', 'preserved', 'in_flight', 'owed'] as const)
    .filter((state) => bucket[state] > 0)
    .map((state) => `${percent(bucket[state], bucket.length)} ${state === 'in_flight' ? 'held' : state}`);
  return `${bytes(bucket.offset)} + ${bytes(bucket.length)}: ${parts.join(', ') || 'not part of the copy'}`;
}

/** What of a bucket is owed or preserved at last look is copied when the copy is completed. */
const completed = (bucket: Bucket): Bucket => ({
  ...bucket,
  owed: 0,
  in_flight: 0,
  preserved: 0,
  copied: bucket.owed + bucket.in_flight + bucket.preserved + bucket.copied,
});

export function SnapshotMapView({copy}: {copy: Copy}) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const {turn} = useTheme();
  const [range, setRange] = useState<Range | null>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  const place = useMemo(() => layout(width), [width]);
  const running = !ended(copy.state);
  const map = useMap(copy.id, range, width > 0 ? cells(place) : 0, running);
  const buckets = useMemo(
    () => (copy.state === 'completed' ? (map?.buckets ?? []).map(completed) : (map?.buckets ?? [])),
    [map, copy.state],
  );
  const shares = useGlide(buckets);
  const active = running ? copy.segments.active : null;
  const rows = Math.max(1, Math.ceil(buckets.length / place.columns));
  const height = rows * place.step + 1;

  const chosen: [number, number] | null =
    drag !== null ? [Math.min(...drag), Math.max(...drag) + 1] : hover !== null ? [hover, hover + 1] : null;
  useEffect(() => {
    const at = canvas.current;
    if (at === null || width === 0) return;
    const scale = devicePixelRatio || 1;
    const size = [Math.round(width * scale), Math.round(height * scale)];
    if (at.width !== size[0] || at.height !== size[1]) [at.width, at.height] = size;
    paint(at, {layout: place, buckets, shares, active, chosen});
  });

  const size = map?.size ?? copy.bytes.total;
  const shown = range ?? {offset: 0, length: size};
  const go = (wanted: Range | null) => {
    if (!running) return;
    if (wanted === null || map === null) return setRange(null);
    const fitted = fit(wanted, size, map.grain, kGrainsMin);
    setRange(fitted.length >= size ? null : fitted);
    setHover(null);
  };
  const moves: Record<string, () => void> = {
    ArrowLeft: () => range && go(panned(range, -0.25)),
    ArrowRight: () => range && go(panned(range, 0.25)),
    '+': () => go(zoomed(shown, 0.5)),
    '=': () => go(zoomed(shown, 0.5)),
    '-': () => go(zoomed(shown, 2)),
    Home: () => go(null),
    Escape: () => go(null),
  };
  const cellAt = (event: PointerEvent): number | null => {
    const at = canvas.current!.getBoundingClientRect();
    const column = Math.floor((event.clientX - at.left) / place.step);
    const row = Math.floor((event.clientY - at.top) / place.step);
    const cell = row * place.columns + column;
    return column >= 0 && column < place.columns && cell >= 0 && cell < buckets.length ? cell : null;
  };
  const choose = () => {
    if (drag !== null && drag[0] !== drag[1]) {
      const [first, last] = [Math.min(...drag), Math.max(...drag)];
      const from = buckets[first].offset;
      go({offset: from, length: buckets[last].offset + buckets[last].length - from});
    }
    setDrag(null);
  };

  const sum = totals(buckets, active);
  // Nobody saw it, and it is no more.
  if (!running && map === null) return null;
  return (
    <section class="card map" aria-labelledby="map-title">
      <div class="card-head">
        <h2 id="map-title">Snapshot map</h2>
        <div class="tools" role="group" aria-label="Zoom">
          <button class="quiet" onClick={moves['-']} disabled={!running || range === null} aria-label="Zoom out">−</button>
          <button class="quiet" onClick={moves['+']} disabled={!running} aria-label="Zoom in">+</button>
          <button class="quiet" onClick={moves.ArrowLeft} disabled={!running || range === null} aria-label="Move to the left">‹</button>
          <button class="quiet" onClick={moves.ArrowRight} disabled={!running || range === null} aria-label="Move to the right">›</button>
          <button class="quiet" onClick={() => go(active)} disabled={active === null}>Segment</button>
          <button class="quiet" onClick={moves.Home} disabled={!running || range === null}>Whole</button>
        </div>
      </div>
      <div class="window" aria-hidden="true">
        <span style={{left: `${(100 * shown.offset) / size}%`, width: `${Math.max(0.5, (100 * shown.length) / size)}%`}} />
      </div>
      <div ref={box} class="map-box" style={{minHeight: `${height}px`}}>
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={`Snapshot map of copy ${copy.id}, ${bytes(shown.length)} from ${bytes(shown.offset)}: ${percent(sum.copied, shown.length)} copied, ${percent(sum.preserved, shown.length)} preserved. Plus and minus zoom, arrows move, Home shows the whole.`}
          style={{width: `${width}px`, height: `${height}px`}}
          onKeyDown={(event) => {
            const move = moves[event.key];
            if (move === undefined || event.ctrlKey || event.metaKey) return;
            event.preventDefault();
            move();
          }}
          onPointerDown={(event) => {
            const cell = cellAt(event);
            if (cell !== null && event.pointerType !== 'touch') setDrag([cell, cell]);
          }}
          onPointerMove={(event) => {
            const cell = cellAt(event);
            setHover(cell);
            if (drag !== null && cell !== null) setDrag([drag[0], cell]);
          }}
          onPointerUp={choose}
          onPointerLeave={() => (setHover(null), setDrag(null))}
          onDblClick={() => go(null)}
          data-theme-turn={turn}
        />
      </div>
      <p class="map-where">
        {hover !== null && buckets[hover] !== undefined
          ? cellText(buckets[hover])
          : buckets.length > 0 &&
            `${bytes(shown.length)}${range === null ? '' : ` from ${bytes(shown.offset)}`}; a cell is ${bytes(buckets[0].length)}, a grain ${bytes(copy.grain)}`}
      </p>
      <Legend sum={sum} length={shown.length} />
    </section>
  );
}
