import { describe, expect, it } from 'vitest';
import { initial, isOnline, isStale, queue, sendable, SETTLE_MS, STALE_AFTER_MS, UNDO_MS } from '../src/model';
import { action, after, card, MINUTE, SECOND, shop, T0 } from './fixtures';

const visits = (state: ReturnType<typeof shop>) => queue(state).shown.map(({ card }) => card.visit);

describe('the queue', () => {
  it('is oldest first, five at most, and counts the rest', () => {
    let state = shop();
    for (const minute of [30, 10, 20, 50, 40, 0, 55]) {
      const since = new Date(T0 - minute * MINUTE).toISOString();
      state = after(state, { type: 'card', card: card(`v-${minute}`, { since }), now: T0 });
    }
    expect(visits(state)).toEqual(['v-55', 'v-50', 'v-40', 'v-30', 'v-20']);
    expect(queue(state).more).toBe(2);
  });

  it('loses a withdrawn card, and with it what is known about the visit', () => {
    const seen = action({ action: 'seen', visit: 'v-1', suggestion: 's-1' });
    const tried = action({ action: 'tried', visit: 'v-1', suggestion: 's-1' });
    const state = after(shop('v-1', 'v-2'), { type: 'act', action: seen, now: T0 }, { type: 'act', action: tried, now: T0 }, { type: 'withdrawn', visit: 'v-1', now: T0 });
    expect(visits(state)).toEqual(['v-2']);
    expect(state.log).toEqual([]);
    expect(state.selected).toBe('v-2');
  });

  it('removes a card at its expiry and never shows one that comes too late', () => {
    const expiry = Date.parse('2026-11-21T14:20:00Z');
    expect(visits(after(shop('v-1'), { type: 'tick', now: expiry - 1 }))).toEqual(['v-1']);
    expect(visits(after(shop('v-1'), { type: 'tick', now: expiry }))).toEqual([]);
    expect(visits(after(shop(), { type: 'card', card: card('v-1'), now: expiry }))).toEqual([]);
  });

  it('keeps the card in the hand when older and newer ones come', () => {
    const older = card('v-0', { since: '2026-11-21T13:00:00Z' });
    expect(after(shop('v-1'), { type: 'card', card: older, now: T0 }).selected).toBe('v-1');
  });

  it('counts a broken message and keeps everything else', () => {
    const state = after(shop('v-1'), { type: 'malformed', now: T0 });
    expect(state.ignored).toBe(1);
    expect(visits(state)).toEqual(['v-1']);
  });
});

describe('a lost connection', () => {
  const lostAt = T0 + 10 * SECOND;
  const lost = after(shop('v-1', 'v-2'), { type: 'heard', now: T0 + 5 * SECOND }, { type: 'link', link: 'down', now: lostAt });

  it('is offline, with the time the data was last current', () => {
    expect(isOnline(lost)).toBe(false);
    expect(lost.freshAt).toBe(T0 + 5 * SECOND);
    expect(lost.offlineSince).toBe(lostAt);
  });

  it('is not told before the first attempt has failed', () => {
    expect(initial.offlineSince).toBeNull();
    expect(after(initial, { type: 'tick', now: T0 }).offlineSince).toBeNull();
    expect(after(initial, { type: 'link', link: 'down', now: T0 }).offlineSince).toBe(T0);
  });

  it('makes cards stale after five minutes, not before', () => {
    expect(isStale(lost, lostAt + STALE_AFTER_MS - 1)).toBe(false);
    expect(isStale(lost, lostAt + STALE_AFTER_MS)).toBe(true);
  });

  it('counts from its beginning, however often the retry fails', () => {
    expect(after(lost, { type: 'link', link: 'down', now: lostAt + MINUTE }).offlineSince).toBe(lostAt);
  });

  it('drops, once settled, the cards withdrawn meanwhile', () => {
    const upAt = lostAt + MINUTE;
    const back = after(lost, { type: 'link', link: 'up', now: upAt }, { type: 'card', card: card('v-2'), now: upAt + SECOND });
    expect(visits(back)).toEqual(['v-1', 'v-2']);
    expect(visits(after(back, { type: 'tick', now: upAt + SETTLE_MS }))).toEqual(['v-2']);
  });

  it('is the same to the associate as a gateway that is gone', () => {
    const gone = after(shop('v-1'), { type: 'gateway', gateway: 'offline', now: lostAt });
    expect(isOnline(gone)).toBe(false);
    expect(gone.offlineSince).toBe(lostAt);
    expect(after(gone, { type: 'gateway', gateway: 'online', now: lostAt + SECOND })).toMatchObject({ offlineSince: null, freshAt: lostAt + SECOND });
  });

  it('does not pass off old data as fresh when only the clock moves', () => {
    expect(after(shop('v-1'), { type: 'tick', now: T0 + MINUTE }).freshAt).toBe(T0);
  });
});

describe('actions', () => {
  const claim = action({ action: 'claim', visit: 'v-1' });
  const tried = action({ action: 'tried', visit: 'v-1', suggestion: 's-1' });

  it('wait while offline and go out in order, with their first ids, when the gateway is back', () => {
    const offline = after(shop('v-1'), { type: 'link', link: 'down', now: T0 }, { type: 'act', action: claim, now: T0 }, { type: 'act', action: tried, now: T0 });
    expect(sendable(offline)).toEqual([]);
    expect(sendable(after(offline, { type: 'link', link: 'up', now: T0 }))).toEqual([claim, tried]);
  });

  it('are sent again after a loss until the broker has acknowledged them', () => {
    const sent = after(shop('v-1'), { type: 'act', action: claim, now: T0 }, { type: 'sent', id: claim.id, now: T0 });
    expect(sendable(sent)).toEqual([]);
    const again = after(sent, { type: 'link', link: 'down', now: T0 }, { type: 'link', link: 'up', now: T0 });
    expect(sendable(again)).toEqual([claim]);
    expect(after(again, { type: 'acked', id: claim.id, now: T0 }).outbox).toEqual([]);
  });

  it('report a suggestion as seen once', () => {
    const seen = () => action({ action: 'seen', visit: 'v-1', suggestion: 's-1' });
    const state = after(shop('v-1'), { type: 'act', action: seen(), now: T0 }, { type: 'act', action: seen(), now: T0 });
    expect(state.outbox).toHaveLength(1);
    expect(state.undoable).toBeNull();
  });

  it('that the broker refuses are taken back and counted', () => {
    const state = after(shop('v-1'), { type: 'act', action: claim, now: T0 }, { type: 'rejected', id: claim.id, now: T0 });
    expect(state).toMatchObject({ outbox: [], log: [], refused: 1, undoable: null });
  });
});

describe('undo', () => {
  const sold = action({ action: 'sold', visit: 'v-1', suggestion: 's-1' });
  const undoOf = (id: string) => action({ action: 'undo', visit: 'v-1', suggestion: 's-1', undoes: id });
  const acted = after(shop('v-1'), { type: 'act', action: sold, now: T0 });

  it('is offered for ten seconds', () => {
    expect(after(acted, { type: 'tick', now: T0 + UNDO_MS - 1 }).undoable?.action).toEqual(sold);
    expect(after(acted, { type: 'tick', now: T0 + UNDO_MS }).undoable).toBeNull();
  });

  it('is offered even when the card is gone', () => {
    expect(after(acted, { type: 'withdrawn', visit: 'v-1', now: T0 }).undoable?.action).toEqual(sold);
  });

  it('of an action that left the tablet is a message naming it', () => {
    const undo = undoOf(sold.id);
    const state = after(acted, { type: 'sent', id: sold.id, now: T0 }, { type: 'acked', id: sold.id, now: T0 }, { type: 'act', action: undo, now: T0 + SECOND });
    expect(sendable(state)).toEqual([undo]);
    expect(undo).toMatchObject({ action: 'undo', undoes: sold.id, visit: 'v-1' });
    expect(state.log).toEqual([]);
  });

  it('of an action that never left is no message at all', () => {
    expect(after(acted, { type: 'act', action: undoOf(sold.id), now: T0 + SECOND }).outbox).toEqual([]);
  });

  it('of an action whose delivery is unknown is sent behind it', () => {
    const undo = undoOf(sold.id);
    const state = after(acted, { type: 'sent', id: sold.id, now: T0 }, { type: 'link', link: 'down', now: T0 }, { type: 'act', action: undo, now: T0 + SECOND }, { type: 'link', link: 'up', now: T0 + 2 * SECOND });
    expect(sendable(state)).toEqual([sold, undo]);
  });
});
