// Purpose: how a card looks to this associate: its own words, and over them what was done here and is
// not answered yet. Pure; reads the model, changes nothing.

import type { Outcome, Refusal } from './action';
import { OUTCOMES } from './action';
import type { Card, Purpose } from './card';
import type { Held, State } from './model';

export interface Me {
  associate: string | null;
  device: string;
}

export interface CardMarks {
  holder: 'none' | 'me' | 'other';
  holderName: string | null;
  purpose: Purpose | null;
  closing: 'do_not_disturb' | 'not_this_customer' | null; // asked for, the card is about to go
}

export interface SuggestionMarks {
  done: ReadonlySet<Outcome>;
  refusal: Refusal | null;
}

export function cardMarks(state: State, held: Held, me: Me): CardMarks {
  const claim = unanswered(state, held, ['claim', 'release']);
  const purpose = unanswered(state, held, ['purpose']);
  const closing = lastOf(state, held.card.visit, ['do_not_disturb', 'not_this_customer']);
  return {
    ...holderOf(held.card, claim?.action ?? null, me),
    purpose: (purpose?.reason as Purpose | undefined) ?? held.card.purpose,
    closing: (closing?.action.action as CardMarks['closing'] | undefined) ?? null,
  };
}

function holderOf(card: Card, wish: string | null, me: Me): Pick<CardMarks, 'holder' | 'holderName'> {
  const name = card.claimedBy;
  const mine = name !== null && (name === me.associate || name === me.device);
  if (name !== null && !mine) return { holder: 'other', holderName: name };
  if (wish === 'claim') return { holder: 'me', holderName: me.associate };
  if (name === null || wish === 'release') return { holder: 'none', holderName: null };
  return { holder: 'me', holderName: name };
}

/** The last such action that the card has had no time to answer: unsent, or newer than the card. */
function unanswered(state: State, held: Held, names: readonly string[]) {
  const done = lastOf(state, held.card.visit, names);
  if (done === undefined) return undefined;
  const waits = state.outbox.some((one) => one.action.id === done.action.id);
  return waits || done.at > held.heardAt ? done.action : undefined;
}

function lastOf(state: State, visit: string, names: readonly string[]) {
  return state.log.filter(({ action }) => action.visit === visit && names.includes(action.action)).at(-1);
}

export function suggestionMarks(state: State, suggestion: string): SuggestionMarks {
  const mine = state.log.map(({ action }) => action).filter((action) => action.suggestion === suggestion);
  const refused = mine.filter((action) => action.action === 'refused').at(-1);
  return {
    done: new Set(OUTCOMES.filter((outcome) => mine.some((action) => action.action === outcome))),
    refusal: (refused?.reason as Refusal | undefined) ?? null,
  };
}

/** First name only to the associate who serves this customer; everybody else reads the label. */
export function mayName(marks: CardMarks): boolean {
  return marks.holder === 'me';
}
