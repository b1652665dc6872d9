import { describe, expect, it } from 'vitest';
import { cardMarks, mayName, suggestionMarks } from '../src/marks';
import { action, after, card, SECOND, shop, T0 } from './fixtures';

const me = { associate: 'A12', device: 't-1' };
const marksOf = (state: ReturnType<typeof shop>) => cardMarks(state, state.held.get('v-1')!, me);
const claimed = (by: string | null, now = T0) => ({ type: 'card' as const, card: card('v-1', { state: by === null ? 'new' : 'claimed', claimed_by: by, first_name: 'Camille' }), now });

describe('who serves the customer', () => {
  it('is shown at once to the one who taps, and is what the gateway says afterwards', () => {
    const tapped = after(shop('v-1'), { type: 'act', action: action({ action: 'claim', visit: 'v-1' }), now: T0 + SECOND });
    expect(marksOf(tapped).holder).toBe('me');
    const sent = after(tapped, { type: 'acked', id: tapped.outbox[0]!.action.id, now: T0 + SECOND });
    const lostRace = after(sent, claimed('B07', T0 + 2 * SECOND));
    expect(marksOf(lostRace)).toMatchObject({ holder: 'other', holderName: 'B07' });
  });

  it('is free again at once after a release', () => {
    const mine = after(shop(), claimed('A12'));
    expect(marksOf(mine).holder).toBe('me');
    expect(marksOf(after(mine, { type: 'act', action: action({ action: 'release', visit: 'v-1' }), now: T0 + SECOND })).holder).toBe('none');
  });

  it('alone may read a first name', () => {
    expect(mayName(marksOf(after(shop(), claimed('A12'))))).toBe(true);
    expect(mayName(marksOf(after(shop(), claimed('B07'))))).toBe(false);
    expect(mayName(marksOf(after(shop(), claimed(null))))).toBe(false);
  });
});

describe('what was told about a suggestion', () => {
  it('is marked until it is undone', () => {
    const refused = action({ action: 'refused', visit: 'v-1', suggestion: 's-1', reason: 'price' });
    const state = after(shop('v-1'), { type: 'act', action: refused, now: T0 });
    expect(suggestionMarks(state, 's-1')).toEqual({ done: new Set(['refused']), refusal: 'price' });
    expect(suggestionMarks(state, 's-2').done.size).toBe(0);
    const undone = after(state, { type: 'act', action: action({ action: 'undo', visit: 'v-1', suggestion: 's-1', undoes: refused.id }), now: T0 });
    expect(suggestionMarks(undone, 's-1').done.size).toBe(0);
  });

  it('closes the card for a customer who wants peace', () => {
    const state = after(shop('v-1'), { type: 'act', action: action({ action: 'do_not_disturb', visit: 'v-1' }), now: T0 });
    expect(marksOf(state).closing).toBe('do_not_disturb');
  });
});
