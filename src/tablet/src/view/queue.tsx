// Purpose: the queue beside (or above) the open card: who waits where and since when, oldest first.

import { elapsed, isOneSize, zoneName } from '../format';
import { cardMarks } from '../marks';
import { isStale, queue, type Held } from '../model';
import { usePage } from './context';
import { Picture } from './garment';

export function Queue() {
  const { state, words } = usePage();
  const { shown, more } = queue(state);
  return (
    <nav class="queue" aria-label={words.queueTitle}>
      <h2 class="queue-title">
        {words.queueTitle} <span class="count">{shown.length + more}</span>
      </h2>
      <ol>
        {shown.map((held) => (
          <li key={held.card.visit}>
            <Row held={held} />
          </li>
        ))}
      </ol>
      {more > 0 && <p class="more">{words.more(more)}</p>}
    </nav>
  );
}

function Row({ held }: { held: Held }) {
  const { state, now, words, language, config, select } = usePage();
  const { card } = held;
  const current = state.selected === card.visit;
  const first = card.suggestions[0];
  return (
    <button type="button" class={isStale(state, now) ? 'row stale' : 'row'} data-card={card.visit} aria-current={current ? 'true' : undefined} onClick={() => select(card.visit)}>
      {first === undefined ? <span class="picture picture-small" /> : <Picture suggestion={first} size="small" />}
      <span class="row-text">
        <span class="row-zone">
          {zoneName(card.zone, config.zones, language)}
          {card.since !== null && <span class="row-wait"> · {elapsed(card.since, now, language)}</span>}
        </span>
        <span class="row-name">{first?.name ?? (card.collect.length > 0 ? words.collect : '')}</span>
        <span class="row-foot">
          {first !== undefined && !isOneSize(first.size) && (
            <span>
              {words.size} <strong>{first.size}</strong>
            </span>
          )}
          <Holder held={held} />
        </span>
      </span>
    </button>
  );
}

function Holder({ held }: { held: Held }) {
  const { state, me, words } = usePage();
  if (held.card.state === 'done') return <span class="tag">{words.doneState}</span>;
  const marks = cardMarks(state, held, me);
  if (marks.holder === 'none') return null;
  return <span class={marks.holder === 'me' ? 'tag mine' : 'tag'}>{marks.holderName}</span>;
}
