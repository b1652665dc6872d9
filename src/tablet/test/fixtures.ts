import { makeAction, type Gesture } from '../src/action';
import { parseCard, type Card } from '../src/card';
import { initial, reduce, type Event, type State } from '../src/model';

export const T0 = Date.parse('2026-11-21T14:00:00Z');
export const SECOND = 1_000;
export const MINUTE = 60_000;

/** A card as it comes from the broker, to be broken one key at a time. */
export function wireCard(visit = 'v-1', change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    v: 1,
    visit,
    zone: 'fitting-3',
    since: '2026-11-21T13:54:00Z',
    state: 'new',
    claimed_by: null,
    label: { fr: 'Client fidélité', en: 'Loyalty member' },
    first_name: null,
    purpose: null,
    expires_at: '2026-11-21T14:20:00Z',
    collect: [],
    notice: null,
    suggestions: [wireSuggestion('s-1')],
    ...change,
  };
}

export function wireSuggestion(id: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    variant: 'GATE-COAT-NAVY-42',
    style: 'GATE-COAT',
    name: 'Manteau Gate',
    size: '42',
    size_confidence: 0.93,
    color: 'Navy',
    price_minor: 24900,
    currency: 'EUR',
    stock: 2,
    stock_at: '2026-11-21T13:50:00Z',
    location: 'Mur B4',
    image: 'https://img.example/gate.jpg',
    rank: 1,
    reason: { code: 'viewed_recently', fr: 'Cherche un manteau', en: 'Looks for a coat' },
    ...change,
  };
}

export function card(visit = 'v-1', change: Record<string, unknown> = {}): Card {
  return parseCard(JSON.stringify(wireCard(visit, change)), visit);
}

let made = 0;
export function action(gesture: Gesture, now = T0) {
  made += 1;
  return makeAction(gesture, { id: `id-${made}`, associate: 'A12', now });
}

export function after(state: State, ...events: Event[]): State {
  return events.reduce(reduce, state);
}

/** Connected, gateway online, one card for each visit named. */
export function shop(...visits: string[]): State {
  return after(
    initial,
    { type: 'link', link: 'up', now: T0 },
    { type: 'gateway', gateway: 'online', now: T0 },
    ...visits.map((visit): Event => ({ type: 'card', card: card(visit), now: T0 })),
  );
}
