// Purpose: what the daemon tells the page about its store (config.json beside the page).

import { LANGUAGES, type Language } from './card';
import { list, Malformed, object, text } from './decode';

export interface Zone {
  id: string;
  kind: string;
}

export interface Config {
  mqttUrl: string; // ws: or wss:
  topicRoot: string;
  store: string;
  zones: readonly Zone[];
  languages: readonly Language[]; // at least one
  timezone: string; // IANA
}

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

export function parseConfig(value: unknown): Config {
  const root = object(value, 'config');
  const mqttUrl = text(root.mqtt_url, 'mqtt_url', 500);
  if (!/^wss?:\/\//.test(mqttUrl)) throw new Malformed('mqtt_url: not ws: or wss:');
  const store = text(root.store, 'store', 32);
  if (!ID.test(store)) throw new Malformed('store: not an id');
  const asked = list(root.languages, 'languages', 16);
  const languages = asked.filter((one): one is Language => LANGUAGES.includes(one as Language));
  return {
    mqttUrl,
    topicRoot: text(root.topic_root, 'topic_root'),
    store,
    zones: list(root.zones, 'zones', 1000).map(zone),
    languages: languages.length > 0 ? languages : LANGUAGES,
    timezone: knownTimezone(text(root.timezone, 'timezone')),
  };
}

function zone(value: unknown): Zone {
  const root = object(value, 'zone');
  return { id: text(root.id, 'zone.id', 32), kind: text(root.kind, 'zone.kind', 32) };
}

function knownTimezone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    throw new Malformed('timezone: unknown');
  }
}
