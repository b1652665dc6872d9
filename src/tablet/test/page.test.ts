import { webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeAction } from '../src/action';
import { parseConfig } from '../src/config';
import { clock, elapsed, inLanguage, price, zoneName } from '../src/format';
import { associateCode, deviceId, uuid } from '../src/identity';
import { retryDelayMs } from '../src/link';
import { MESSAGES } from '../src/messages';
import { MINUTE, T0 } from './fixtures';

globalThis.crypto ??= webcrypto as Crypto; // Node 18 has it, but not as a global

const CONFIG = {
  mqtt_url: 'ws://127.0.0.1:9001',
  topic_root: 'touchpoint/v1',
  store: 'paris-042',
  zones: [{ id: 'fitting', kind: 'fitting' }, { id: 'fitting-03', kind: 'fitting' }],
  languages: ['fr', 'en'],
  timezone: 'Europe/Paris',
};
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('the action message', () => {
  it('has exactly the keys of the contract', () => {
    const id = uuid();
    expect(makeAction({ action: 'refused', visit: 'v-1', suggestion: 's-1', reason: 'size' }, { id, associate: 'A12', now: T0 })).toEqual({
      v: 1, id, visit: 'v-1', suggestion: 's-1', action: 'refused', undoes: null, reason: 'size', associate: 'A12', at: '2026-11-21T14:00:00.000Z',
    });
  });

  it('has a version 4 UUID of its own', () => {
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuid()).not.toBe(uuid());
  });
});

describe('identity', () => {
  it('keeps one device id that is a legal topic part, also without storage', () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) } as unknown as Storage;
    const id = deviceId(storage);
    expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/);
    expect(deviceId(storage)).toBe(id);
    kept.set('touchpoint.device', 'a/+/#');
    expect(deviceId(storage)).not.toBe('a/+/#');
    expect(deviceId(null)).toMatch(/^t-/);
  });

  it('takes an associate code as people type it', () => {
    expect(associateCode(' a12 ')).toBe('A12');
    expect([associateCode(''), associateCode('Léa Martin'), associateCode('x'.repeat(13))]).toEqual([null, null, null]);
  });
});

describe('the configuration', () => {
  it('is read', () => {
    expect(parseConfig(CONFIG)).toMatchObject({ mqttUrl: 'ws://127.0.0.1:9001', store: 'paris-042', languages: ['fr', 'en'] });
  });

  it('is refused when the page could not work with it', () => {
    for (const change of [{ mqtt_url: 'http://x' }, { store: '../x' }, { timezone: 'Mars/Olympus' }, { topic_root: '' }]) {
      expect(() => parseConfig({ ...CONFIG, ...change })).toThrow();
    }
  });

  it('falls back to the languages of the page when it has none of them', () => {
    expect(parseConfig({ ...CONFIG, languages: ['de'] }).languages).toEqual(['fr', 'en']);
  });
});

describe('words', () => {
  it('write money from minor units, whatever the currency', () => {
    expect(plain(price(24900, 'EUR', 'fr'))).toBe('249,00 €');
    expect(price(24900, 'EUR', 'en')).toBe('€249.00');
    expect(price(1200, 'JPY', 'en')).toBe('JP¥1,200');
  });

  it('write time in the store, not where the tablet thinks it is', () => {
    expect(clock(Date.parse('2026-11-21T13:32:00Z'), 'fr', 'Europe/Paris')).toBe('14:32');
    expect(elapsed(T0 - 6 * MINUTE, T0, 'fr')).toBe('6 min');
    expect(elapsed(T0 - 65 * MINUTE, T0, 'en')).toBe('1 h 05');
    expect(elapsed(T0 + MINUTE, T0, 'en')).toBe('just now');
  });

  it('name a zone', () => {
    const { zones } = parseConfig(CONFIG);
    expect(zoneName('fitting-03', zones, 'fr')).toBe('Cabine 3');
    expect(zoneName('fitting', zones, 'en')).toBe('Fitting rooms');
    expect(zoneName('attic', zones, 'fr')).toBe('attic');
    expect(zoneName(null, zones, 'fr')).toBe('En boutique');
  });

  it('come from the other language, marked as such, when the gateway has only that one', () => {
    expect(inLanguage({ fr: 'Bonjour' }, 'en')).toEqual({ text: 'Bonjour', lang: 'fr' });
    expect(inLanguage({}, 'en')).toBeNull();
  });

  it('say offline with the time of the data', () => {
    expect(MESSAGES.fr.offlineSince('14:32')).toBe('Hors ligne — données de 14:32');
  });
});

describe('the retry', () => {
  it('has full jitter under a cap', () => {
    expect(retryDelayMs(0, 0.999)).toBeLessThanOrEqual(1_000);
    expect(retryDelayMs(3, 0.5)).toBe(4_000);
    expect(retryDelayMs(1_000, 0.999)).toBeLessThanOrEqual(15_000);
    expect(retryDelayMs(9, 0)).toBe(0);
  });
});
