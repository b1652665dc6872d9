// Purpose: the picture of an article, and the drawing that stands in for it: a simple garment in the
// colour that the card names. The drawing says nothing that the text beside it does not say.

import { useState } from 'preact/hooks';
import type { Suggestion } from '../card';

const SHAPES: readonly { words: RegExp; path: string; detail: string }[] = [
  {
    words: /coat|manteau|jacket|veste|parka|blazer|trench/i,
    path: 'M41 10 31 15c-4 2-7 6-8 11l-6 40 9 2 7-28-4 66h42l-4-66 7 28 9-2-6-40c-1-5-4-9-8-11l-10-5-9 10z',
    detail: 'M41 10 50 38 59 10M50 38v68M35 68l9 2M65 68l-9 2M54.500 48h.01M54.500 58h.01M54.500 78h.01',
  },
  {
    words: /shirt|chemise|blouse|oxford|polo|tee|t-shirt/i,
    path: 'M38 20 24 26 10 46l12 9 7-8v49h42V47l7 8 12-9-14-20-14-6c-3 6-21 6-24 0z',
    detail: 'M38 20l12 13 12-13M50 33v63M50.010 48h.01M50.010 62h.01M50.010 76h.01M58 50h8v9h-8z',
  },
  {
    words: /scarf|écharpe|echarpe|foulard/i,
    path: 'M34 20c10-6 22-6 32 0 5 3 6 10 2 14L58 46l8 50H48l-6-42-9-20c-2-5-2-11 1-14z',
    detail: 'M36 30c9 6 19 6 28 0M44 62h15M46 78h17M50 96v6M56 96v6M62 96v6',
  },
  {
    words: /jean|trouser|pantalon|chino|short/i,
    path: 'M32 14h36l3 90H56l-6-58-6 58H29z',
    detail: 'M32 24h36M50 24v22M35 24c0 6-2 9-5 10M65 24c0 6 2 9 5 10',
  },
  {
    words: /dress|robe|skirt|jupe/i,
    path: 'M39 14c2 7 20 7 22 0l6 3-4 25 14 60H23l14-60-4-25z',
    detail: 'M37 42h26M44 42l-6 60M56 42l6 60',
  },
  {
    words: /shoe|chaussure|sneaker|basket|boot|bottine/i,
    path: 'M12 56c8 4 18 3 26-6l20 20c8 7 20 6 28 12 3 3 4 8 2 10H14c-3 0-4-2-4-5z',
    detail: 'M12 82h76M44 58l-7 6M51 64l-7 6M58 70l-7 6',
  },
];

const HANGER = {
  path: 'M50 42c2 0 38 22 42 27 3 4 1 9-4 9H12c-5 0-7-5-4-9 4-5 40-27 42-27z',
  detail: 'M50 42v-6c8-2 9-14 0-14-5 0-8 4-7 8',
};

/** Colour words of catalogues, French and English, to a cloth colour. */
const CLOTH: readonly [RegExp, string][] = [
  [/navy|marine/i, '#2b3a5c'],
  [/black|noir/i, '#2a2927'],
  [/white|blanc|ivory|ivoire|ecru|écru|cream|crème/i, '#efe7d8'],
  [/grey|gray|gris|anthracite/i, '#80807f'],
  [/camel|tan|cognac/i, '#bd8f5b'],
  [/beige|sand|sable|taupe/i, '#cdb998'],
  [/brown|marron|brun|chocolat/i, '#6b4a35'],
  [/burgundy|bordeaux/i, '#6d2436'],
  [/red|rouge/i, '#ab2f33'],
  [/pink|rose/i, '#dba0ab'],
  [/green|vert|olive|kaki|khaki/i, '#566b4b'],
  [/sky|ciel/i, '#a9c5de'],
  [/blue|bleu|denim|indigo/i, '#3f5f93'],
  [/yellow|jaune|mustard|moutarde/i, '#d3a83b'],
  [/orange|terracotta/i, '#c96f3c'],
  [/purple|violet|prune/i, '#5f436e'],
];

export function cloth(color: string | null): string | null {
  return CLOTH.find(([words]) => color !== null && words.test(color))?.[1] ?? null;
}

function Drawing({ suggestion }: { suggestion: Suggestion }) {
  const name = `${suggestion.name} ${suggestion.style ?? ''}`;
  const shape = SHAPES.find(({ words }) => words.test(name)) ?? HANGER;
  const fill = cloth(suggestion.color) ?? '#b9b0a2';
  return (
    <svg class="drawing" viewBox="0 0 100 118" aria-hidden="true" focusable="false">
      <ellipse cx="50" cy="110" rx="32" ry="3.500" fill="#000" opacity="0.08" />
      <path d={shape.path} fill={fill} stroke={fill} stroke-width="3" stroke-linejoin="round" />
      <path d={shape.path} fill="none" stroke="#000" stroke-opacity="0.14" stroke-width="1.500" stroke-linejoin="round" />
      <path d={shape.detail} fill="none" stroke="#fff" stroke-opacity="0.6" stroke-width="1.800" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

export function Picture({ suggestion, size }: { suggestion: Suggestion; size: 'large' | 'small' }) {
  const [broken, setBroken] = useState<string | null>(null);
  const { image } = suggestion;
  const shown = image !== null && image !== broken;
  return (
    <div class={`picture picture-${size}`}>
      {shown ? <img src={image} alt="" decoding="async" referrerpolicy="no-referrer" onError={() => setBroken(image)} /> : <Drawing suggestion={suggestion} />}
    </div>
  );
}
