// Purpose: who this tablet and its associate are, and the page's language. Browser storage holds
// these three and never anything about a customer. A browser without storage works, forgetfully.

import { LANGUAGES, type Language } from './card';

const DEVICE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const ASSOCIATE = /^[A-Z0-9][A-Z0-9-]{0,11}$/;

/** A version 4 UUID. `crypto.randomUUID` is missing on a page served over plain HTTP in the shop. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Created once per tablet, then the same for ever. */
export function deviceId(storage: Storage | null): string {
  const known = read(storage, 'touchpoint.device');
  if (known !== null && DEVICE.test(known)) return known;
  const fresh = `t-${uuid().slice(0, 8)}`;
  write(storage, 'touchpoint.device', fresh);
  return fresh;
}

/** The code as it is sent (`a12 ` is `A12`), or null when it cannot be one. */
export function associateCode(typed: string): string | null {
  const code = typed.trim().toUpperCase();
  return ASSOCIATE.test(code) ? code : null;
}

export function loadAssociate(storage: Storage | null): string | null {
  return associateCode(read(storage, 'touchpoint.associate') ?? '');
}

export function saveAssociate(storage: Storage | null, code: string | null): void {
  write(storage, 'touchpoint.associate', code);
}

export function loadLanguage(storage: Storage | null): Language | null {
  return LANGUAGES.find((one) => one === read(storage, 'touchpoint.language')) ?? null;
}

export function saveLanguage(storage: Storage | null, language: Language): void {
  write(storage, 'touchpoint.language', language);
}

function read(storage: Storage | null, key: string): string | null {
  try {
    return storage?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

function write(storage: Storage | null, key: string, value: string | null): void {
  try {
    if (value === null) storage?.removeItem(key);
    else storage?.setItem(key, value);
  } catch {
    // full or forbidden: the value lives as long as the page
  }
}
