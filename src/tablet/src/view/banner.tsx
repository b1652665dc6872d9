// Purpose: the head of the page (store, connection, language, associate) and the offline banner.

import { LANGUAGES, type Language } from '../card';
import { clock } from '../format';
import { isOnline } from '../model';
import { usePage } from './context';

interface HeadProps {
  onLanguage(language: Language): void;
  onShift(): void;
}

export function Head({ onLanguage, onShift }: HeadProps) {
  const { config, me, words } = usePage();
  return (
    <header class="head">
      <p class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
          <circle cx="16" cy="16" r="4" fill="currentColor" />
          <path d="M8.6 23.4a10.5 10.5 0 0 1 0-14.8M23.4 8.6a10.5 10.5 0 0 1 0 14.8" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" />
        </svg>
        <span>
          <strong>Touchpoint</strong> <span class="store">{config.store}</span>
        </span>
      </p>
      <Connection />
      <div class="tools">
        <Languages onLanguage={onLanguage} />
        <button type="button" class="button quiet" onClick={onShift}>
          {me.associate === null ? words.signIn : words.shift(me.associate)}
        </button>
      </div>
    </header>
  );
}

function Languages({ onLanguage }: Pick<HeadProps, 'onLanguage'>) {
  const { config, language, words } = usePage();
  const offered = LANGUAGES.filter((one) => config.languages.includes(one));
  if (offered.length < 2) return null;
  return (
    <div class="languages" role="group" aria-label={words.language}>
      {offered.map((one) => (
        <button key={one} type="button" lang={one} aria-label={one === 'fr' ? 'FR, français' : 'EN, English'} aria-pressed={one === language} onClick={() => onLanguage(one)}>
          {one.toUpperCase()}
        </button>
      ))}
    </div>
  );
}

function Connection() {
  const { state, words } = usePage();
  const kind = isOnline(state) ? 'online' : state.link === 'connecting' ? 'connecting' : 'offline';
  return <p class={`connection ${kind}`}>{words[kind]}</p>;
}

/** Persistent while offline. Only its first sentence is announced, at once; the count changes quietly. */
export function OfflineBanner() {
  const { state, words, language, config } = usePage();
  const offline = state.offlineSince !== null;
  const sentence = state.freshAt === null ? words.offline : words.offlineSince(clock(state.freshAt, language, config.timezone));
  const waiting = state.outbox.filter(({ action }) => action.action !== 'seen').length;
  return (
    <div class={offline ? 'banner' : 'banner none'}>
      {offline && <OfflineSign />}
      <p role="alert">{offline ? sentence : ''}</p>
      {offline && waiting > 0 && <p class="banner-note">{words.pending(waiting)}</p>}
      {state.refused > 0 && <p class="banner-note">{words.notSent(state.refused)}</p>}
    </div>
  );
}

function OfflineSign() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M3 9a14 14 0 0 1 18 0M6.500 13a9 9 0 0 1 11 0M10 17a3.500 3.500 0 0 1 4 0M4 3l16 18" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
    </svg>
  );
}
