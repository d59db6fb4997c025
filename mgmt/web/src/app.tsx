// The frame of every page: the bar with the places one can go to, and the page itself.

import {useEffect, useRef} from 'preact/hooks';
import {ended} from './api';
import {live, useLive} from './live';
import {usePlace} from './place';
import {LogIn, useTokenWanted} from './parts/log_in';
import {nextTheme, useTheme} from './theme';
import {Overview} from './pages/overview';
import {Volumes} from './pages/volumes';
import {Sessions} from './pages/sessions';
import {Copies} from './pages/copies';
import {CopyPage} from './pages/copy_page';
import {Events} from './pages/events';

const kPlaces = [
  {path: '', title: 'Overview'},
  {path: 'volumes', title: 'Volumes'},
  {path: 'copies', title: 'Copies'},
  {path: 'sessions', title: 'Sessions'},
  {path: 'events', title: 'Events'},
];

function page(place: string[]) {
  switch (place[0]) {
    case 'volumes':
      return <Volumes />;
    case 'copies':
      return /^\d+$/.test(place[1] ?? '') ? <CopyPage key={place[1]} id={Number(place[1])} /> : <Copies />;
    case 'sessions':
      return <Sessions />;
    case 'events':
      return <Events />;
    default:
      return <Overview />;
  }
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M7 9h18" class="mark-line" />
      <path d="M4 19c4 0 4-3.5 8-3.5s4 3.5 8 3.5 4-3.5 8-3.5" />
      <path d="M4 25.5c4 0 4-3.5 8-3.5s4 3.5 8 3.5 4-3.5 8-3.5" opacity=".5" />
    </svg>
  );
}

function ThemeButton() {
  const {theme} = useTheme();
  const signs = {system: '◐', light: '☀', dark: '☾'};
  return (
    <button class="quiet" onClick={nextTheme} aria-label={`Colours: ${theme}. Change`} title={`Colours: ${theme}`}>
      <span aria-hidden="true">{signs[theme]}</span>
    </button>
  );
}

export function App() {
  const {connected, copies} = useLive();
  const place = usePlace();
  const wanted = useTokenWanted();
  const main = useRef<HTMLElement>(null);
  const here = kPlaces.find(({path}) => path === place[0]) ?? kPlaces[0];
  const title = here.path === 'copies' && place[1] ? `Copy ${place[1]}` : here.title;
  const arrived = useRef(false);
  useEffect(() => {
    document.title = `${title} · Tidemark`;
    // Who moves by keyboard or hears the page starts at the new content.
    if (arrived.current) {
      main.current?.focus({preventScroll: true});
      scrollTo(0, 0);
    }
    arrived.current = true;
  }, [title]);
  const running = copies.filter(({state}) => !ended(state)).length;

  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to content
      </a>
      <header class="bar">
        <a class="name" href="#/">
          <Mark />
          Tidemark
        </a>
        <nav aria-label="Pages">
          {kPlaces.map(({path, title: text}) => (
            <a key={path} href={`#/${path}`} aria-current={path === here.path ? 'page' : undefined}>
              {text}
              {path === 'copies' && running > 0 && (
                <span class="count">
                  {running}
                  <span class="unseen"> running</span>
                </span>
              )}
            </a>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <div role="status">
        {!connected && live.status !== null && <p class="lost">The daemon does not answer. Trying again…</p>}
      </div>
      <main id="main" ref={main} tabIndex={-1}>
        {wanted ? <LogIn /> : page(place)}
      </main>
    </>
  );
}
