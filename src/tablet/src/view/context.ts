// Purpose: what every part of the page may read and call, handed down once.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Gesture } from '../action';
import type { Language } from '../card';
import type { Config } from '../config';
import type { Me } from '../marks';
import type { Messages } from '../messages';
import type { State } from '../model';

export interface Page {
  state: State;
  now: number; // Unix ms
  config: Config;
  me: Me;
  language: Language;
  words: Messages;
  /** Asks for the associate's code first when it is not known yet. */
  act(gesture: Gesture): void;
  select(visit: string): void;
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error('no page around this part');
  return page;
}
