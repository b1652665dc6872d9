// Purpose: the open card: who waits where, who serves, what to propose and why, and what the
// associate can tell about it.

import { PURPOSES } from '../card';
import { elapsed, inLanguage, zoneName } from '../format';
import { cardMarks, mayName, type CardMarks } from '../marks';
import { isStale, type Held } from '../model';
import { usePage } from './context';
import { SuggestionList } from './suggestion';

export function OpenCard({ held }: { held: Held }) {
  const { state, now, me, words } = usePage();
  const marks = cardMarks(state, held, me);
  const { card } = held;
  const stale = isStale(state, now);
  return (
    <article class={stale ? 'card stale' : 'card'} aria-labelledby="card-title">
      <CardHead held={held} marks={marks} />
      {stale && <p class="stale-note">{words.stale}</p>}
      <Said held={held} />
      {marks.closing === null ? (
        <>
          <SuggestionList card={card} locked={marks.holder === 'other' || card.state === 'done'} />
          {marks.holder !== 'other' && <VisitActions held={held} marks={marks} />}
        </>
      ) : (
        <p class="closing">{words.closing[marks.closing]}</p>
      )}
    </article>
  );
}

function CardHead({ held, marks }: { held: Held; marks: CardMarks }) {
  const { now, words, language, config } = usePage();
  const { card } = held;
  return (
    <header class="card-head">
      <div>
        <h1 id="card-title">
          {zoneName(card.zone, config.zones, language)}
          {card.since !== null && (
            <span class="wait">
              <span class="only-heard">{words.waiting} </span>
              {elapsed(card.since, now, language)}
            </span>
          )}
        </h1>
        <p class="person">
          <Person held={held} marks={marks} />
        </p>
      </div>
      <Claim held={held} marks={marks} />
    </header>
  );
}

function Person({ held, marks }: { held: Held; marks: CardMarks }) {
  const { words, language } = usePage();
  const { card } = held;
  if (mayName(marks) && card.firstName !== null) return <strong>{card.firstName}</strong>;
  const label = inLanguage(card.label, language);
  return <span lang={label?.lang}>{label?.text ?? words.member}</span>;
}

function Claim({ held, marks }: { held: Held; marks: CardMarks }) {
  const { act, words } = usePage();
  const { visit, state } = held.card;
  if (state === 'done') return <p class="tag">{words.doneState}</p>;
  if (marks.holder === 'other') return <p class="tag taken">{words.takenBy(marks.holderName ?? '')}</p>;
  if (marks.closing !== null) return null;
  const mine = marks.holder === 'me';
  return (
    <div class="claim">
      {mine && <p class="tag mine">{words.takenByYou}</p>}
      <button type="button" class={mine ? 'button' : 'button primary large'} onClick={() => act({ action: mine ? 'release' : 'claim', visit })}>
        {mine ? words.release : words.claim}
      </button>
    </div>
  );
}

/** What the gateway wants said before any suggestion: a notice, an order that waits. */
function Said({ held }: { held: Held }) {
  const { words, language } = usePage();
  const notice = inLanguage(held.card.notice, language);
  return (
    <>
      {notice !== null && (
        <p class="notice" lang={notice.text in words.notices ? language : notice.lang}>
          {words.notices[notice.text] ?? notice.text}
        </p>
      )}
      {held.card.collect.length > 0 && (
        <div class="notice">
          <strong>{words.collect}</strong>
          <ul>
            {held.card.collect.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function VisitActions({ held, marks }: { held: Held; marks: CardMarks }) {
  const { act, words } = usePage();
  const { visit } = held.card;
  return (
    <footer class="visit-actions">
      <div class="purposes" role="group" aria-labelledby="purpose-question">
        <span id="purpose-question" class="label">
          {words.purposeQuestion}
        </span>
        {PURPOSES.map((purpose) => (
          <button key={purpose} type="button" class="chip" aria-pressed={marks.purpose === purpose} onClick={() => act({ action: 'purpose', visit, reason: purpose })}>
            {words.purposes[purpose]}
          </button>
        ))}
      </div>
      <div class="leave">
        <button type="button" class="button quiet" onClick={() => act({ action: 'do_not_disturb', visit })}>
          {words.doNotDisturb}
        </button>
        <button type="button" class="button quiet" onClick={() => act({ action: 'not_this_customer', visit })}>
          {words.notThisCustomer}
        </button>
      </div>
    </footer>
  );
}
