// Purpose: the suggestions of a card: one open with everything at a glance, the others a line each.
// A suggestion that stays in view for a moment is reported as seen.

import { useEffect, useRef, useState } from 'preact/hooks';
import { OUTCOMES, REFUSALS, type Outcome } from '../action';
import type { Card, Suggestion } from '../card';
import { ago, clock, inLanguage, isOneSize, price } from '../format';
import { suggestionMarks } from '../marks';
import { usePage } from './context';
import { cloth, Picture } from './garment';

const SEEN_AFTER_MS = 1_500;
const UNSURE_BELOW = 0.7; // size confidence under which the associate is told to check

export function SuggestionList({ card, locked }: { card: Card; locked: boolean }) {
  const { words } = usePage();
  const [chosen, choose] = useState<string | null>(null); // by hand; else the best one is open
  const open = card.suggestions.find(({ id }) => id === chosen) ?? card.suggestions[0];
  return (
    <section class="suggestions" aria-label={words.suggestions}>
      {card.suggestions.map((one) =>
        one === open ? <Open key={one.id} card={card} suggestion={one} locked={locked} takesFocus={one.id === chosen} /> : <Line key={one.id} suggestion={one} onOpen={() => choose(one.id)} />,
      )}
    </section>
  );
}

function Line({ suggestion, onOpen }: { suggestion: Suggestion; onOpen(): void }) {
  const { state, words } = usePage();
  const last = [...suggestionMarks(state, suggestion.id).done].at(-1);
  return (
    <button type="button" class="line" aria-expanded="false" onClick={onOpen}>
      <Picture suggestion={suggestion} size="small" />
      <span class="line-name">
        <strong>{suggestion.name}</strong>
        <span>
          {isOneSize(suggestion.size) ? words.oneSize : `${words.size} ${suggestion.size}`}
          {suggestion.color !== null && ` · ${suggestion.color}`}
        </span>
      </span>
      {last !== undefined && <span class="tag">✓ {words.outcomes[last]}</span>}
      <span class="line-stock">
        <Stock suggestion={suggestion} />
        {suggestion.location !== null && ` · ${suggestion.location}`}
      </span>
      <Price suggestion={suggestion} />
      <svg class="chevron" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d="m7 10 5 5 5-5" fill="none" stroke="currentColor" stroke-width="2.200" stroke-linecap="round" stroke-linejoin="round" />
      </svg>
    </button>
  );
}

interface OpenProps {
  card: Card;
  suggestion: Suggestion;
  locked: boolean; // somebody else serves this customer
  takesFocus: boolean;
}

function Open({ card, suggestion, locked, takesFocus }: OpenProps) {
  const { language } = usePage();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) title.current?.focus({ preventScroll: true });
  }, [takesFocus]);
  const place = useSeen(card.visit, suggestion.id);
  const reason = inLanguage(suggestion.reason, language);
  return (
    <div class="open" ref={place}>
      <Picture suggestion={suggestion} size="large" />
      <div class="facts">
        <h2 ref={title} tabIndex={-1}>
          {suggestion.name}
        </h2>
        <dl class="tiles">
          <SizeTile suggestion={suggestion} />
          <ColorTile suggestion={suggestion} />
          <StockTile suggestion={suggestion} />
        </dl>
        {reason !== null && (
          <p class="reason" lang={reason.lang}>
            {reason.text}
          </p>
        )}
        <StockAge suggestion={suggestion} />
      </div>
      {!locked && <Outcomes visit={card.visit} suggestion={suggestion.id} />}
    </div>
  );
}

function SizeTile({ suggestion }: { suggestion: Suggestion }) {
  const { words } = usePage();
  const one = isOneSize(suggestion.size);
  const unsure = !one && suggestion.sizeConfidence !== null && suggestion.sizeConfidence < UNSURE_BELOW;
  return (
    <div class="tile tile-size">
      <dt>{words.size}</dt>
      <dd class={one ? 'value' : 'value huge'}>{one ? words.oneSizeShort : suggestion.size}</dd>
      {unsure && <dd class="hint">{words.sizeUnsure}</dd>}
    </div>
  );
}

function ColorTile({ suggestion }: { suggestion: Suggestion }) {
  const { words } = usePage();
  const tint = cloth(suggestion.color);
  return (
    <div class="tile">
      {suggestion.color !== null && (
        <>
          <dt>{words.color}</dt>
          <dd class="value">
            {tint !== null && (
              <svg class="swatch" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
                <circle cx="10" cy="10" r="9" fill={tint} stroke="#000" stroke-opacity="0.25" />
              </svg>
            )}
            {suggestion.color}
          </dd>
        </>
      )}
      <dd class="price-line">
        <Price suggestion={suggestion} />
      </dd>
    </div>
  );
}

function StockTile({ suggestion }: { suggestion: Suggestion }) {
  const { words } = usePage();
  return (
    <div class="tile tile-stock">
      <dt>{words.location}</dt>
      <dd class="value place">{suggestion.location ?? '—'}</dd>
      <dd class="hint">
        <Stock suggestion={suggestion} />
      </dd>
    </div>
  );
}

function Stock({ suggestion }: { suggestion: Suggestion }) {
  const { words } = usePage();
  if (suggestion.stock === null) return <span>{words.stockUnknown}</span>;
  return <span class={suggestion.stock === 0 ? 'none-left' : 'in-stock'}>{suggestion.stock === 0 ? words.stockNone : words.stock(suggestion.stock)}</span>;
}

function StockAge({ suggestion }: { suggestion: Suggestion }) {
  const { words, now, language, config } = usePage();
  if (suggestion.stockAt === null) return null;
  return <p class="age">{words.stockAge(clock(suggestion.stockAt, language, config.timezone), ago(suggestion.stockAt, now, language))}</p>;
}

function Price({ suggestion }: { suggestion: Suggestion }) {
  const { language } = usePage();
  if (suggestion.priceMinor === null || suggestion.currency === null) return null;
  return <span class="price">{price(suggestion.priceMinor, suggestion.currency, language)}</span>;
}

function Outcomes({ visit, suggestion }: { visit: string; suggestion: string }) {
  const { state, words, act } = usePage();
  const [asking, ask] = useState(false);
  const { done, refusal } = suggestionMarks(state, suggestion);
  const place = useRef<HTMLDivElement>(null);
  const back = () => {
    ask(false);
    requestAnimationFrame(() => place.current?.querySelector<HTMLElement>('.refused')?.focus());
  };
  const tell = (outcome: Outcome) => (outcome === 'refused' ? ask(true) : act({ action: outcome, visit, suggestion }));
  if (asking) return <Refusals onBack={back} onReason={(reason) => act({ action: 'refused', visit, suggestion, reason })} />;
  return (
    <div class="outcomes" ref={place} role="group" aria-label={words.outcomeQuestion}>
      {OUTCOMES.map((outcome) => (
        <button key={outcome} type="button" class={`button outcome ${outcome}`} aria-pressed={done.has(outcome)} onClick={() => tell(outcome)}>
          {words.outcomes[outcome]}
          {outcome === 'refused' && refusal !== null && ` · ${words.refusals[refusal]}`}
        </button>
      ))}
    </div>
  );
}

interface RefusalsProps {
  onBack(): void;
  onReason(reason: (typeof REFUSALS)[number]): void;
}

function Refusals({ onBack, onReason }: RefusalsProps) {
  const { words } = usePage();
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <div class="outcomes" role="group" aria-labelledby="refusal-question">
      <span id="refusal-question" class="label">
        {words.refusalQuestion}
      </span>
      {REFUSALS.map((reason, index) => (
        <button
          key={reason}
          ref={index === 0 ? first : null}
          type="button"
          class="chip"
          onClick={() => {
            onReason(reason);
            onBack();
          }}
        >
          {words.refusals[reason]}
        </button>
      ))}
      <button type="button" class="button quiet" onClick={onBack}>
        {words.back}
      </button>
    </div>
  );
}

/** Reports once per suggestion, only in front of an identified associate and only while really visible. */
function useSeen(visit: string, suggestion: string) {
  const { state, me, act } = usePage();
  const place = useRef<HTMLDivElement>(null);
  const due = me.associate !== null && !state.seen.has(suggestion);
  useEffect(() => {
    if (!due || place.current === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const report = () => document.hidden || act({ action: 'seen', visit, suggestion });
    const watch = new IntersectionObserver(
      ([entry]) => {
        clearTimeout(timer);
        if (entry?.isIntersecting) timer = setTimeout(report, SEEN_AFTER_MS);
      },
      { threshold: 0.5 },
    );
    watch.observe(place.current);
    return () => {
      clearTimeout(timer);
      watch.disconnect();
    };
  }, [due, me.associate, visit, suggestion]);
  return place;
}
