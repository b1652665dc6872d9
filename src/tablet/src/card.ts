// Purpose: the card as the broker publishes it (R/tablet/card/{visit}) and the boundary where it is
// validated. Behind parseCard no unchecked value exists. It never keeps a field it does not show.

import { count, instant, list, Malformed, object, oneOf, optional, text } from './decode';

export type Language = 'fr' | 'en';
export const LANGUAGES: readonly Language[] = ['fr', 'en'];

export const PURPOSES = ['find', 'try', 'collect', 'return', 'look'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** A sentence written by the gateway, in the languages it knows. */
export type Sentence = Partial<Record<Language, string>>;

export interface Suggestion {
  id: string;
  variant: string;
  style: string | null;
  name: string;
  size: string | null;
  sizeConfidence: number | null; // 0..1
  color: string | null;
  priceMinor: number | null;
  currency: string | null; // ISO 4217
  stock: number | null;
  stockAt: number | null; // Unix ms
  location: string | null;
  image: string | null; // https:, data:image/ or relative to the page
  rank: number;
  reason: Sentence | null;
}

export interface Card {
  visit: string;
  zone: string | null;
  since: number | null; // Unix ms
  state: 'new' | 'claimed' | 'done';
  claimedBy: string | null;
  label: Sentence;
  firstName: string | null;
  purpose: Purpose | null;
  expiresAt: number | null; // Unix ms
  collect: readonly string[]; // what to hand over, in words
  notice: Sentence | null;
  suggestions: readonly Suggestion[];
}

const MAX_SUGGESTIONS = 3;
const MAX_COLLECT = 5;

/** Reads one card; throws Malformed when it breaks the contract. `visit` is the one of the topic. */
export function parseCard(payload: string, visit: string): Card {
  const root = object(parseJson(payload), 'card');
  if (root.v !== 1) throw new Malformed('v: not 1');
  if (text(root.visit, 'visit', 64) !== visit) throw new Malformed('visit: not the one of the topic');
  return {
    visit,
    zone: optional(root.zone, text, 'zone'),
    since: optional(root.since, instant, 'since'),
    state: oneOf(root.state, ['new', 'claimed', 'done'] as const, 'state'),
    claimedBy: optional(root.claimed_by, text, 'claimed_by'),
    label: optional(root.label, sentence, 'label') ?? {},
    firstName: optional(root.first_name, text, 'first_name'),
    purpose: PURPOSES.find((known) => known === root.purpose) ?? null,
    expiresAt: optional(root.expires_at, instant, 'expires_at'),
    collect: list(root.collect, 'collect', MAX_COLLECT).map(collectLine),
    notice: optional(root.notice, sentence, 'notice'),
    suggestions: list(root.suggestions, 'suggestions', Infinity)
      .map(suggestion)
      .sort((a, b) => a.rank - b.rank)
      .slice(0, MAX_SUGGESTIONS),
  };
}

function parseJson(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    throw new Malformed('payload: not JSON');
  }
}

function suggestion(value: unknown): Suggestion {
  const root = object(value, 'suggestion');
  return {
    id: text(root.id, 'suggestion.id', 64),
    variant: text(root.variant, 'variant'),
    style: optional(root.style, text, 'style'),
    name: text(root.name, 'name'),
    size: optional(root.size, text, 'size'),
    sizeConfidence: optional(root.size_confidence, share, 'size_confidence'),
    color: optional(root.color, text, 'color'),
    priceMinor: optional(root.price_minor, count, 'price_minor'),
    currency: optional(root.currency, currencyCode, 'currency'),
    stock: optional(root.stock, count, 'stock'),
    stockAt: optional(root.stock_at, instant, 'stock_at'),
    location: optional(root.location, text, 'location'),
    image: imageAddress(root.image),
    rank: optional(root.rank, count, 'rank') ?? MAX_SUGGESTIONS,
    reason: optional(root.reason, sentence, 'reason'),
  };
}

/** `{"fr":…,"en":…}`; a plain text counts for every language. */
function sentence(value: unknown, what: string): Sentence {
  if (typeof value === 'string') return { fr: text(value, what), en: value };
  const root = object(value, what);
  const read: Sentence = {};
  for (const language of LANGUAGES) {
    const words = optional(root[language], text, `${what}.${language}`);
    if (words !== null) read[language] = words;
  }
  return read;
}

/** An order to hand over: its number and, where they are known, its articles. */
function collectLine(value: unknown): string {
  if (typeof value === 'string') return text(value, 'collect');
  const root = object(value, 'collect');
  const articles = list(root.names ?? root.styles, 'collect.styles', 5).map((one) => text(one, 'collect.style'));
  return [text(root.order, 'collect.order', 64), ...articles].join(' · ');
}

function share(value: unknown, what: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) throw new Malformed(`${what}: not 0 to 1`);
  return value;
}

function currencyCode(value: unknown, what: string): string {
  const code = text(value, what, 3);
  if (!/^[A-Z]{3}$/.test(code)) throw new Malformed(`${what}: not ISO 4217`);
  return code;
}

/** An address that the page may not load counts as no picture, not as a broken card. */
function imageAddress(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > 65536) return null;
  if (/^https:\/\//i.test(value) || /^data:image\//i.test(value)) return value;
  return /^(?!\/\/)[\w./-]+$/.test(value) ? value : null;
}
