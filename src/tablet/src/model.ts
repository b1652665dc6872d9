// Purpose: every rule of the page as one pure reducer: which cards are held, what counts as offline,
// which actions wait to be sent, what can be undone. It never reads a clock, the network or the page:
// time comes with the event. What the associate did is shown at once, the card's own words win later.

import type { Action } from './action';
import type { Card } from './card';

export const UNDO_MS = 10_000; // contract 4.4: undo names an action at most 10 s old
export const STALE_AFTER_MS = 5 * 60_000; // offline for so long, a card may no longer be true
export const SETTLE_MS = 3_000; // by then the broker has sent every retained card again
export const MAX_CARDS = 200;
export const MAX_OUTBOX = 200;

export interface Held {
  card: Card;
  heardAt: number; // Unix ms
  session: number; // the connection that brought it last
}

/** An action on its way; it leaves the outbox when the broker has acknowledged it. */
export interface Waiting {
  action: Action;
  inFlight: boolean; // handed to the present connection
  everSent: boolean; // the gateway may know it, acknowledged or not
}

export interface Done {
  action: Action;
  at: number; // Unix ms
}

export interface State {
  link: 'connecting' | 'up' | 'down';
  gateway: 'unknown' | 'online' | 'offline';
  session: number;
  settleAt: number | null;
  freshAt: number | null; // when the data was last known to be current
  offlineSince: number | null;
  held: ReadonlyMap<string, Held>;
  newest: string | null; // visit whose card came last, for the announcement
  selected: string | null;
  outbox: readonly Waiting[];
  log: readonly Done[]; // actions on the cards that are held, without the undone ones
  undoable: Done | null;
  seen: ReadonlySet<string>; // suggestions reported as seen
  ignored: number; // messages that broke the contract
  refused: number; // actions that the broker or a full outbox refused
}

export type Event = { now: number } & (
  | { type: 'link'; link: 'up' | 'down' }
  | { type: 'heard' }
  | { type: 'gateway'; gateway: State['gateway'] }
  | { type: 'card'; card: Card }
  | { type: 'withdrawn'; visit: string }
  | { type: 'malformed' }
  | { type: 'act'; action: Action }
  | { type: 'sent' | 'acked' | 'rejected'; id: string }
  | { type: 'select'; visit: string }
  | { type: 'tick' }
);

export const initial: State = {
  link: 'connecting',
  gateway: 'unknown',
  session: 0,
  settleAt: null,
  freshAt: null,
  offlineSince: null,
  held: new Map(),
  newest: null,
  selected: null,
  outbox: [],
  log: [],
  undoable: null,
  seen: new Set(),
  ignored: 0,
  refused: 0,
};

export function reduce(state: State, event: Event): State {
  return withFreshness(apply(state, event), event);
}

export function isOnline(state: State): boolean {
  return state.link === 'up' && state.gateway !== 'offline';
}

function apply(state: State, event: Event): State {
  switch (event.type) {
    case 'link':
      return event.link === 'up' ? linkUp(state, event.now) : linkDown(state);
    case 'heard':
      return state;
    case 'gateway':
      return { ...state, gateway: event.gateway };
    case 'card':
      return hold(state, event.card, event.now);
    case 'withdrawn':
      return keepCards(state, (held) => held.card.visit !== event.visit);
    case 'malformed':
      return { ...state, ignored: state.ignored + 1 };
    case 'act':
      return event.action.action === 'undo' ? undo(state, event.action) : act(state, event.action, event.now);
    case 'sent':
      return { ...state, outbox: state.outbox.map((one) => (one.action.id === event.id ? { ...one, inFlight: true, everSent: true } : one)) };
    case 'acked':
      return { ...state, outbox: without(state.outbox, event.id) };
    case 'rejected':
      return { ...forget(state, event.id), outbox: without(state.outbox, event.id), refused: state.refused + 1 };
    case 'select':
      return { ...state, selected: event.visit };
    case 'tick':
      return tick(state, event.now);
  }
}

/** Only what the broker says counts as fresh: a tablet that slept must not call old data current. */
function withFreshness(state: State, event: Event): State {
  if (isOnline(state)) {
    const spoke = event.type === 'heard' || event.type === 'card' || event.type === 'gateway' || event.type === 'link';
    return spoke || state.offlineSince !== null ? { ...state, freshAt: event.now, offlineSince: null } : state;
  }
  return state.link === 'connecting' || state.offlineSince !== null ? state : { ...state, offlineSince: event.now };
}

function linkUp(state: State, now: number): State {
  return { ...state, link: 'up', session: state.session + 1, settleAt: now + SETTLE_MS };
}

function linkDown(state: State): State {
  return { ...state, link: 'down', settleAt: null, outbox: state.outbox.map((one) => ({ ...one, inFlight: false })) };
}

function hold(state: State, card: Card, now: number): State {
  if (card.expiresAt !== null && card.expiresAt <= now) return keepCards(state, (held) => held.card.visit !== card.visit);
  const isNew = !state.held.has(card.visit);
  if (isNew && state.held.size >= MAX_CARDS) return { ...state, ignored: state.ignored + 1 };
  const held = new Map(state.held).set(card.visit, { card, heardAt: now, session: state.session });
  return settleSelection({ ...state, held, newest: isNew ? card.visit : state.newest });
}

function tick(state: State, now: number): State {
  const settled = state.settleAt !== null && now >= state.settleAt;
  const next = keepCards(state, ({ card, session }) => {
    const withdrawnUnheard = settled && session < state.session; // withdrawn while nobody listened
    return !withdrawnUnheard && (card.expiresAt === null || card.expiresAt > now);
  });
  const undoable = next.undoable !== null && now - next.undoable.at >= UNDO_MS ? null : next.undoable;
  if (!settled && undoable === next.undoable) return next;
  return { ...next, undoable, settleAt: settled ? null : next.settleAt };
}

/** Cards that go take everything known about their visit with them. */
function keepCards(state: State, keep: (held: Held) => boolean): State {
  const held = new Map([...state.held].filter(([, one]) => keep(one)));
  if (held.size === state.held.size) return state;
  const suggestions = new Set([...held.values()].flatMap(({ card }) => card.suggestions.map(({ id }) => id)));
  return settleSelection({
    ...state,
    held,
    newest: state.newest !== null && held.has(state.newest) ? state.newest : null,
    log: state.log.filter(({ action }) => held.has(action.visit)),
    seen: new Set([...state.seen].filter((id) => suggestions.has(id))),
  });
}

/** The card in the hand stays selected as long as it exists; then the oldest one follows. */
function settleSelection(state: State): State {
  if (state.selected !== null && state.held.has(state.selected)) return state;
  return { ...state, selected: queue(state).shown[0]?.card.visit ?? null };
}

function act(state: State, action: Action, now: number): State {
  const isSeen = action.action === 'seen';
  if (isSeen && (action.suggestion === null || state.seen.has(action.suggestion))) return state;
  if (state.outbox.length >= MAX_OUTBOX) return isSeen ? state : { ...state, refused: state.refused + 1 };
  const outbox = [...state.outbox, { action, inFlight: false, everSent: false }];
  if (isSeen) return { ...state, outbox, seen: new Set(state.seen).add(action.suggestion!) };
  const done = { action, at: now };
  return { ...state, outbox, log: [...state.log, done], undoable: done };
}

/** An action that never left the tablet is simply dropped; any other one needs its undo message. */
function undo(state: State, action: Action): State {
  const target = state.outbox.find((one) => one.action.id === action.undoes);
  const next = forget(state, action.undoes);
  if (target !== undefined && !target.everSent) return { ...next, outbox: without(next.outbox, target.action.id) };
  return { ...next, outbox: [...next.outbox, { action, inFlight: false, everSent: false }] };
}

function forget(state: State, id: string | null): State {
  const undoable = state.undoable?.action.id === id ? null : state.undoable;
  return { ...state, undoable, log: state.log.filter((done) => done.action.id !== id) };
}

function without(outbox: readonly Waiting[], id: string): readonly Waiting[] {
  return outbox.filter((one) => one.action.id !== id);
}

/** What may be sent now, in order. */
export function sendable(state: State): readonly Action[] {
  return isOnline(state) ? state.outbox.filter((one) => !one.inFlight).map((one) => one.action) : [];
}

export const MAX_SHOWN = 5;

/** Oldest first, at most five; finished visits come after those who wait. */
export function queue(state: State): { shown: readonly Held[]; more: number } {
  const order = ({ card }: Held): [number, number] => [card.state === 'done' ? 1 : 0, card.since ?? Infinity];
  const all = [...state.held.values()].sort((a, b) => {
    const [[doneA, sinceA], [doneB, sinceB]] = [order(a), order(b)];
    return doneA - doneB || (sinceA === sinceB ? 0 : sinceA - sinceB) || (a.card.visit < b.card.visit ? -1 : 1);
  });
  return { shown: all.slice(0, MAX_SHOWN), more: Math.max(0, all.length - MAX_SHOWN) };
}

export function isStale(state: State, now: number): boolean {
  return state.offlineSince !== null && now - state.offlineSince >= STALE_AFTER_MS;
}
