// Purpose: the MQTT connection of the page: connects, subscribes, publishes, comes back after a loss
// with full jitter. It never queues or repeats a message itself: what is not acknowledged is the
// model's to keep. Each attempt is a new client, so nothing of a lost connection survives in it.

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 15_000; // a shop has a handful of tablets and one broker: no need to wait a minute
const KEEPALIVE_S = 10; // a silent loss shows within 15 s
const CONNECT_TIMEOUT_MS = 8_000;
const MAX_PACKET_BYTES = 256 * 1024;
const FAILURE_CODE = 0x80; // MQTT 5: reason codes from here on are errors

export interface LinkEvents {
  up(): void;
  down(): void;
  heard(): void;
  message(topic: string, payload: Uint8Array): void;
}

/** Full jitter: anything from 0 to the doubled, capped wait. `random` is in [0, 1). */
export function retryDelayMs(attempt: number, random: number): number {
  return random * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(attempt, 16));
}

/** The broker's own "no" (a reason code), not a lost connection: sending again would not help. */
export class Refused extends Error {}

export class Link {
  private client: MqttClient | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly clientId: string,
    private readonly topics: readonly string[],
    private readonly events: LinkEvents,
  ) {}

  /** Connects now, unless it is connected or connecting; also cuts a wait short. */
  connect(): void {
    if (this.client !== null) return;
    clearTimeout(this.timer);
    try {
      this.listen(mqtt.connect(this.url, this.options()));
    } catch {
      this.retryLater(); // the browser refuses the address, e.g. ws: on an https: page
    }
  }

  /** Resolves on the broker's acknowledgement; rejects with Refused, or with anything when the connection is lost. */
  async publish(topic: string, payload: string): Promise<void> {
    if (this.client === null) throw new Error('not connected');
    try {
      await this.client.publishAsync(topic, payload, { qos: 1, properties: { contentType: 'application/json' } });
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      throw typeof code === 'number' && code >= FAILURE_CODE ? new Refused() : error;
    }
  }

  private options(): IClientOptions {
    return {
      protocolVersion: 5,
      clean: true,
      clientId: this.clientId,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      timerVariant: 'native', // the default starts a worker from a blob:, which the page's policy forbids
      properties: { maximumPacketSize: MAX_PACKET_BYTES },
    };
  }

  private listen(client: MqttClient): void {
    this.client = client;
    client.on('connect', () => void this.subscribe(client));
    client.on('packetreceive', () => this.events.heard());
    client.on('message', (topic, payload) => this.events.message(topic, payload));
    client.on('error', () => client.end(true));
    client.on('close', () => this.lost(client));
  }

  private async subscribe(client: MqttClient): Promise<void> {
    try {
      // Up before the first retained card can arrive: the model tells old cards from these by it.
      const granted = client.subscribeAsync([...this.topics], { qos: 1 });
      this.events.up();
      const codes = await granted;
      if (codes.some(({ qos }) => qos >= FAILURE_CODE)) throw new Refused();
      this.attempt = 0;
    } catch {
      client.end(true);
    }
  }

  private lost(client: MqttClient): void {
    if (this.client !== client) return;
    this.client = null;
    client.end(true);
    this.retryLater();
  }

  private retryLater(): void {
    this.events.down();
    this.timer = setTimeout(() => this.connect(), retryDelayMs(this.attempt++, Math.random()));
  }
}
