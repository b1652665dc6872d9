// Purpose: the whole page, put together; holds only what belongs to the page itself: language, dialog.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Gesture } from '../action';
import type { Language } from '../card';
import type { Config } from '../config';
import { isOneSize, zoneName } from '../format';
import { loadAssociate, loadLanguage, saveAssociate, saveLanguage } from '../identity';
import { MESSAGES } from '../messages';
import type { Store } from '../store';
import { Head, OfflineBanner } from './banner';
import { OpenCard } from './card';
import { PageContext, usePage, type Page } from './context';
import { ShiftDialog, UndoBar } from './dialogs';
import { Queue } from './queue';

interface AppProps {
  store: Store;
  config: Config;
  device: string;
  storage: { device: Storage | null; shift: Storage | null };
}

export function App({ store, config, device, storage }: AppProps) {
  const [language, setLanguage] = useState<Language>(() => startLanguage(config, loadLanguage(storage.device)));
  const [associate, setAssociate] = useState(() => loadAssociate(storage.shift));
  const [asking, ask] = useState<{ then: Gesture | null } | null>(null);
  const words = MESSAGES[language];
  useLayoutEffect(() => {
    document.documentElement.lang = language;
    document.title = `${words.title} · ${config.store}`;
  }, [language]);

  const changeLanguage = (chosen: Language) => {
    saveLanguage(storage.device, chosen);
    setLanguage(chosen);
  };
  const changeAssociate = (code: string | null) => {
    saveAssociate(storage.shift, code);
    setAssociate(code);
    if (code !== null && asking?.then) store.do(asking.then, code);
    ask(null);
  };
  const page: Page = {
    state: store.state,
    now: Date.now(),
    config,
    me: { associate, device },
    language,
    words,
    act: (gesture) => (associate === null ? ask({ then: gesture }) : store.do(gesture, associate)),
    select: (visit) => store.select(visit),
  };
  return (
    <PageContext.Provider value={page}>
      <Head onLanguage={changeLanguage} onShift={() => ask({ then: null })} />
      <OfflineBanner />
      <Cards />
      <UndoBar />
      <Announcement />
      {asking !== null && <ShiftDialog onCode={changeAssociate} onEnd={() => changeAssociate(null)} onClose={() => ask(null)} />}
    </PageContext.Provider>
  );
}

/** The tablet's own choice, else the store's first language. */
function startLanguage(config: Config, chosen: Language | null): Language {
  return chosen !== null && config.languages.includes(chosen) ? chosen : config.languages[0]!;
}

function Cards() {
  const { state } = usePage();
  const main = useRef<HTMLElement>(null);
  const held = state.selected === null ? undefined : state.held.get(state.selected);
  const visit = held?.card.visit;
  // When the card under the finger or the focus goes, the keyboard stays in the place where cards are.
  const hadFocus = useRef(false);
  useEffect(() => {
    if (hadFocus.current && document.activeElement === document.body) main.current?.focus();
  }, [visit]);
  const note = () => (hadFocus.current = main.current?.contains(document.activeElement) ?? false);
  return (
    <div class="floor">
      {state.held.size > 0 && <Queue />}
      <main ref={main} tabIndex={-1} onFocusIn={note} onClick={note}>
        {held === undefined ? <Empty /> : <OpenCard key={visit} held={held} />}
      </main>
    </div>
  );
}

function Empty() {
  const { words } = usePage();
  return (
    <div class="empty">
      <svg viewBox="0 0 120 90" aria-hidden="true" focusable="false">
        <path d="M60 36c3 0 44 25 48 30 3 5 0 10-5 10H17c-5 0-8-5-5-10 4-5 45-30 48-30zm0 0v-7c10-2 11-17 0-17-6 0-9 5-8 9" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" />
      </svg>
      <h1>{words.emptyTitle}</h1>
      <p>{words.emptyText}</p>
    </div>
  );
}

/** New cards are said politely; the sentence changes only when a card comes. */
function Announcement() {
  const { state, words, language, config } = usePage();
  const card = state.newest === null ? undefined : state.held.get(state.newest)?.card;
  const first = card?.suggestions[0];
  const size = first === undefined || isOneSize(first.size) ? '' : `, ${words.size.toLowerCase()} ${first.size}`;
  return (
    <p class="only-heard" aria-live="polite">
      {card === undefined ? '' : words.newCard(zoneName(card.zone, config.zones, language), (first?.name ?? words.collect) + size)}
    </p>
  );
}
