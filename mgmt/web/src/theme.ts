// Light or dark: as the system says, until the reader says otherwise; remembered in the browser.

import {useEffect, useState} from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';
const kThemes: Theme[] = ['system', 'light', 'dark'];
const kKey = 'tidemark-theme';

function remembered(): Theme {
  const word = localStorage.getItem(kKey);
  return kThemes.includes(word as Theme) ? (word as Theme) : 'system';
}

let theme = remembered();
const listeners = new Set<() => void>();

const system = matchMedia('(prefers-color-scheme: dark)');

function apply(): void {
  document.documentElement.dataset.theme = theme !== 'system' ? theme : system.matches ? 'dark' : 'light';
  for (const listener of listeners) listener();
}

export function nextTheme(): void {
  theme = kThemes[(kThemes.indexOf(theme) + 1) % kThemes.length];
  localStorage.setItem(kKey, theme);
  apply();
}

/** The choice, and a number that changes whenever colours do: whoever draws draws again. */
export function useTheme(): {theme: Theme; turn: number} {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const changed = () => setTurn((n) => n + 1);
    listeners.add(changed);
    return () => void listeners.delete(changed);
  }, []);
  return {theme, turn};
}

/** A colour of the style sheet, for canvases. */
export const colour = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

system.addEventListener('change', apply);
apply();
