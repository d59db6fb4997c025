// The width of an element in whole CSS pixels, as it changes; 0 before it is laid out.

import {RefObject} from 'preact';
import {useLayoutEffect, useState} from 'preact/hooks';

export function useWidth(of: RefObject<HTMLElement>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = of.current;
    if (element === null) return;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return width;
}
