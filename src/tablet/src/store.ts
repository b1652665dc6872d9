// Purpose: ties the pure model to the broker: one place holds the state, turns messages into events
// and sends what the model says may be sent. It decides nothing.

import { makeAction, type Gesture } from './action';
import { parseCard } from './card';
import type { Config } from './config';
import { Malformed, object, oneOf } from './decode';
import { uuid } from './identity';
import { Link, Refused } from './link';
import { initial, reduce, sendable, type Event, type State } from './model';

type EventBody = Event extends infer E ? (E extends { now: number } ? Omit<E, 'now'> : never) : never;

export class Store {
  state: State = initial;
  private readonly prefix: string;
  private readonly link: Link;

  constructor(
    config: Config,
    private readonly device: string,
    private readonly changed: () => void,
  ) {
    this.prefix = `${config.topicRoot}/${config.store}/tablet/`;
    const clientId = `tablet-${device}-${uuid().slice(0, 6)}`; // two pages of one tablet must not throw each other out
    this.link = new Link(config.mqttUrl, clientId, [`${this.prefix}card/+`, `${this.prefix}state`], {
      up: () => this.dispatch({ type: 'link', link: 'up' }),
      down: () => this.dispatch({ type: 'link', link: 'down' }),
      heard: () => this.dispatch({ type: 'heard' }),
      message: (topic, payload) => this.dispatch(this.read(topic, payload)),
    });
  }

  start(): void {
    this.link.connect();
    setInterval(() => this.dispatch({ type: 'tick' }), 1_000);
    addEventListener('online', () => this.link.connect());
    document.addEventListener('visibilitychange', () => document.hidden || this.link.connect());
  }

  do(gesture: Gesture, associate: string): void {
    const action = makeAction(gesture, { id: uuid(), associate, now: Date.now() });
    this.dispatch({ type: 'act', action });
  }

  select(visit: string): void {
    this.dispatch({ type: 'select', visit });
  }

  private dispatch(body: EventBody): void {
    const before = this.state;
    this.state = reduce(before, { ...body, now: Date.now() } as Event);
    this.send();
    if (this.state !== before || body.type === 'tick') this.changed();
  }

  private send(): void {
    for (const action of sendable(this.state)) {
      this.state = reduce(this.state, { type: 'sent', id: action.id, now: Date.now() });
      void this.publish(action.id, JSON.stringify(action));
    }
  }

  private async publish(id: string, payload: string): Promise<void> {
    try {
      await this.link.publish(`${this.prefix}action/${this.device}`, payload);
      this.dispatch({ type: 'acked', id });
    } catch (error) {
      if (error instanceof Refused) this.dispatch({ type: 'rejected', id });
      // otherwise the connection is lost, and its loss makes the action sendable again
    }
  }

  private read(topic: string, payload: Uint8Array): EventBody {
    try {
      return this.readMessage(topic.slice(this.prefix.length), new TextDecoder('utf-8', { fatal: true }).decode(payload));
    } catch {
      return { type: 'malformed' };
    }
  }

  private readMessage(name: string, payload: string): EventBody {
    if (name === 'state') return { type: 'gateway', gateway: payload === '' ? 'unknown' : gatewayState(payload) };
    const visit = /^card\/([^/]+)$/.exec(name)?.[1];
    if (visit === undefined) throw new Malformed('topic: not ours');
    return payload === '' ? { type: 'withdrawn', visit } : { type: 'card', card: parseCard(payload, visit) };
  }
}

function gatewayState(payload: string): State['gateway'] {
  return oneOf(object(JSON.parse(payload), 'state').state, ['online', 'offline'] as const, 'state');
}
