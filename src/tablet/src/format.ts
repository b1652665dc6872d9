// Purpose: how values read in the page's language: money, clock times, waiting times, zones, sentences.

import type { Language, Sentence } from './card';
import type { Zone } from './config';
import { MESSAGES } from './messages';

const LOCALE: Record<Language, string> = { fr: 'fr-FR', en: 'en-GB' };

/** 24900 EUR is "249,00 €"; the currency itself says how many minor digits it has. */
export function price(minor: number, currency: string, language: Language): string {
  const money = new Intl.NumberFormat(LOCALE[language], { style: 'currency', currency });
  const digits = money.resolvedOptions().maximumFractionDigits ?? 2;
  return money.format(minor / 10 ** digits);
}

/** 24-hour clock of the store, "14:32". */
export function clock(ms: number, language: Language, timezone: string): string {
  return new Intl.DateTimeFormat(LOCALE[language], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: timezone }).format(ms);
}

/** "6 min", "1 h 05"; a time in the future (clocks differ) counts as now. */
export function elapsed(since: number, now: number, language: Language): string {
  const words = MESSAGES[language];
  const minutes = Math.floor((now - since) / 60_000);
  if (minutes < 1) return words.justNow;
  return minutes < 60 ? words.minutes(minutes) : words.hours(Math.floor(minutes / 60), minutes % 60);
}

/** "il y a 6 min", "6 min ago". */
export function ago(since: number, now: number, language: Language): string {
  const minutes = Math.floor((now - since) / 60_000);
  if (minutes < 1) return MESSAGES[language].justNow;
  const relative = new Intl.RelativeTimeFormat(LOCALE[language], { style: 'short' });
  if (minutes < 60) return relative.format(-minutes, 'minute');
  return minutes < 48 * 60 ? relative.format(-Math.floor(minutes / 60), 'hour') : relative.format(-Math.floor(minutes / 1440), 'day');
}

/** "Cabine 3" for the fitting zone `fitting-3`, "Cabines" for `fitting`; an unknown zone keeps its own id. */
export function zoneName(id: string | null, zones: readonly Zone[], language: Language): string {
  const words = MESSAGES[language];
  if (id === null) return words.zoneUnknown;
  const kind = zones.find((zone) => zone.id === id)?.kind;
  const name = kind === undefined ? undefined : words.zoneKinds[kind];
  if (name === undefined) return id;
  const number = /(\d+)$/.exec(id)?.[1];
  return number === undefined ? name.area : `${name.one} ${Number(number)}`;
}

/** The sentence in the page's language, else in one that exists, with the language it is in. */
export function inLanguage(sentence: Sentence | null, language: Language): { text: string; lang: Language } | null {
  for (const lang of [language, 'fr', 'en'] as const) {
    const text = sentence?.[lang];
    if (text !== undefined) return { text, lang };
  }
  return null;
}

/** One size is written in several ways in catalogues. */
export function isOneSize(size: string | null): boolean {
  return size === null || size === 'U' || size === 'TU';
}
