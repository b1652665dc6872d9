// Purpose: what an associate can tell the gateway (R/tablet/action/{device}), in its exact shape.

import type { Purpose } from './card';

export const OUTCOMES = ['proposed', 'tried', 'sold', 'refused', 'other_size'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const REFUSALS = ['size', 'color', 'price', 'style', 'already'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What the associate did, before it gets an id and a time. */
export type Gesture =
  | { action: 'claim' | 'release' | 'do_not_disturb' | 'not_this_customer'; visit: string }
  | { action: 'purpose'; visit: string; reason: Purpose }
  | { action: Exclude<Outcome, 'refused'> | 'seen'; visit: string; suggestion: string }
  | { action: 'refused'; visit: string; suggestion: string; reason: Refusal }
  | { action: 'undo'; visit: string; suggestion: string | null; undoes: string };

export type ActionName = Gesture['action'];

export interface Action {
  v: 1;
  id: string;
  visit: string;
  suggestion: string | null;
  action: ActionName;
  undoes: string | null;
  reason: Purpose | Refusal | null;
  associate: string;
  at: string; // UTC, milliseconds
}

export interface Stamp {
  id: string; // UUID: a repeated delivery has no second effect
  associate: string;
  now: number; // Unix ms
}

export function makeAction(gesture: Gesture, { id, associate, now }: Stamp): Action {
  return {
    v: 1,
    id,
    visit: gesture.visit,
    suggestion: 'suggestion' in gesture ? gesture.suggestion : null,
    action: gesture.action,
    undoes: 'undoes' in gesture ? gesture.undoes : null,
    reason: 'reason' in gesture ? gesture.reason : null,
    associate,
    at: new Date(now).toISOString(),
  };
}
