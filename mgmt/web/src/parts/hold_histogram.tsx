// How long host writes were held: a bar per power of two of microseconds.

import {useRef} from 'preact/hooks';
import {Copy} from '../api';
import {brief, count, micros} from '../format';
import {useWidth} from './use_width';

const kHeight = 130;
const kAbove = 16; // for the counts
const kBelow = 18; // for the times
const kBarMax = 44;
const kTimeWidth = 48;
const kCountWidth = 26;

function Bars({bars, width}: {bars: {below_us: number; count: number}[]; width: number}) {
  const place = ({below_us}: {below_us: number}) => Math.round(Math.log2(below_us / bars[0].below_us));
  const step = Math.min(kBarMax, width / (place(bars[bars.length - 1]) + 1));
  const most = Math.max(...bars.map((bar) => bar.count));
  const every = Math.ceil(kTimeWidth / step);
  const ground = kHeight - kBelow;
  return (
    <>
      {bars.map((bar) => {
        // By its root: the few long holds are what one looks for.
        const height = Math.max(2, Math.sqrt(bar.count / most) * (ground - kAbove));
        const middle = (place(bar) + 0.5) * step;
        return (
          <g key={bar.below_us}>
            <title>{`${count(bar.count)} below ${micros(bar.below_us)}`}</title>
            <rect x={middle - step / 2 + 1} y={ground - height} width={Math.max(1, step - 2)} height={height} rx="3" />
            {step >= kCountWidth && <text x={middle} y={ground - height - 5}>{brief(bar.count)}</text>}
            {place(bar) % every === 0 && (
              <text class="below" x={middle} y={kHeight - 4}>{micros(bar.below_us).replace(/\.\d+/, '')}</text>
            )}
          </g>
        );
      })}
    </>
  );
}

export function HoldHistogram({copy}: {copy: Copy}) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const {histogram, p50, p99, max} = copy.hold_us;
  const text = `Half of the holds ended below ${micros(p50)}, 99 % below ${micros(p99)}; the longest took ${micros(max)}.`;
  return (
    <div ref={box}>
      {histogram.length > 0 ? (
        <>
          <svg class="holds" width={width} height={kHeight} role="img" aria-label={text}>
            {width > 0 && <Bars bars={histogram} width={width} />}
          </svg>
          <p class="muted">{text}</p>
        </>
      ) : (
        <p class="muted">{copy.held.total > 0 ? 'Not known yet.' : 'No host write has been held.'}</p>
      )}
    </div>
  );
}
