import { describe, expect, it } from 'vitest';
import { parseCard } from '../src/card';
import { Malformed } from '../src/decode';
import { wireCard, wireSuggestion } from './fixtures';

const parse = (value: unknown, visit = 'v-1') => parseCard(typeof value === 'string' ? value : JSON.stringify(value), visit);
const withSuggestion = (change: Record<string, unknown>) => wireCard('v-1', { suggestions: [wireSuggestion('s-1', change)] });

describe('a card from the broker', () => {
  it('is read whole', () => {
    const card = parse(wireCard());
    expect(card.since).toBe(Date.parse('2026-11-21T13:54:00Z'));
    expect(card.suggestions[0]).toMatchObject({ id: 's-1', size: '42', priceMinor: 24900, stock: 2, location: 'Mur B4' });
  });

  it('may have unknown keys and nulls', () => {
    const card = parse({ ...wireCard('v-1', { zone: null, expires_at: null, label: null, suggestions: null }), later: 1 });
    expect(card).toMatchObject({ zone: null, expiresAt: null, suggestions: [] });
  });

  it.each([
    ['not JSON', '{'],
    ['not an object', []],
    ['another version', wireCard('v-1', { v: 2 })],
    ['another visit than the topic says', wireCard('v-2')],
    ['an unknown state', wireCard('v-1', { state: 'lost' })],
    ['an impossible instant', wireCard('v-1', { since: 'yesterday' })],
    ['a label that is a number', wireCard('v-1', { label: 7 })],
    ['a suggestion without name', withSuggestion({ name: null })],
    ['a price with cents as fraction', withSuggestion({ price_minor: 249.5 })],
    ['a currency that Intl would not take', withSuggestion({ currency: '€' })],
    ['a confidence above 1', withSuggestion({ size_confidence: 93 })],
    ['a name as long as a page', withSuggestion({ name: 'x'.repeat(10_000) })],
  ])('is refused when it is %s', (_, value) => {
    expect(() => parse(value)).toThrow(Malformed);
  });

  it('shows three suggestions at most, best rank first', () => {
    const suggestions = [4, 2, 3, 1].map((rank) => wireSuggestion(`s-${rank}`, { rank }));
    expect(parse(wireCard('v-1', { suggestions })).suggestions.map(({ id }) => id)).toEqual(['s-1', 's-2', 's-3']);
  });

  it.each(['javascript:alert(1)', 'http://img.example/a.jpg', '//img.example/a.jpg', 'data:text/html,x', 7])('never loads the image %s', (image) => {
    expect(parse(withSuggestion({ image })).suggestions[0]?.image).toBeNull();
  });

  it.each(['https://img.example/a.jpg', 'data:image/png;base64,AAAA', 'img/a.jpg'])('may load the image %s', (image) => {
    expect(parse(withSuggestion({ image })).suggestions[0]?.image).toBe(image);
  });

  it('names an order to hand over with its articles', () => {
    expect(parse(wireCard('v-1', { collect: [{ order: 'C-1234', state: 'ready', styles: ['SCARF'] }] })).collect).toEqual(['C-1234 · SCARF']);
  });
});
