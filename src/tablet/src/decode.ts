// Purpose: the few readers with which untrusted JSON becomes typed values; everything that comes in
// from the broker or the daemon passes through here once. A reader throws Malformed and nothing else.

export class Malformed extends Error {}

export type Json = Record<string, unknown>;

export function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed(`${what}: not an object`);
  return value as Json;
}

/** Absent and null are the empty list; longer lists than `limit` are cut. */
export function list(value: unknown, what: string, limit: number): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Malformed(`${what}: not a list`);
  return value.slice(0, limit);
}

export function text(value: unknown, what: string, limit = 200): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > limit) throw new Malformed(`${what}: not a text of 1 to ${limit} characters`);
  return value;
}

export function count(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Malformed(`${what}: not a whole number from 0`);
  return value;
}

/** RFC 3339 text to Unix milliseconds. */
export function instant(value: unknown, what: string): number {
  const ms = Date.parse(text(value, what, 40));
  if (Number.isNaN(ms)) throw new Malformed(`${what}: not an instant`);
  return ms;
}

export function oneOf<T extends string>(value: unknown, allowed: readonly T[], what: string): T {
  if (!allowed.includes(value as T)) throw new Malformed(`${what}: not one of ${allowed.join(' ')}`);
  return value as T;
}

/** `null` and absent stay null; anything else goes through `read`. */
export function optional<T>(value: unknown, read: (value: unknown, what: string) => T, what: string): T | null {
  return value === undefined || value === null ? null : read(value, what);
}
