// A shop for the page: a private mosquitto, the built page served as the daemon serves it (same content
// security policy), the gateway's side of the topics, and a browser. Everything on free loopback ports.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSocket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mqtt, { type MqttClient } from 'mqtt';
import { chromium, type Browser, type Page } from 'playwright-core';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: https:; style-src 'self'";
const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const ROOT = 'touchpoint/v1/paris-042/tablet/';

export class Shop {
  readonly actions: { topic: string; message: Record<string, unknown> }[] = [];
  readonly errors: string[] = []; // of every page that was opened
  private readonly directory = mkdtempSync(join(tmpdir(), 'tablet-page-'));
  private ports = { mqtt: 0, websocket: 0, http: 0 };
  private broker: ChildProcess | null = null;
  private gateway: MqttClient | null = null;
  private server: Server | null = null;
  private browser: Browser | null = null;

  async open(): Promise<void> {
    this.ports = { mqtt: await freePort(), websocket: await freePort(), http: 0 };
    await this.startBroker();
    this.server = createServer((request, answer) => this.serve(request.url ?? '', answer)).listen(0, '127.0.0.1');
    await until(() => this.server?.listening === true, 'the web server');
    this.ports.http = (this.server.address() as AddressInfo).port;
    this.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  }

  async close(): Promise<void> {
    await this.browser?.close();
    this.server?.close();
    await this.stopBroker();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async startBroker(): Promise<void> {
    const file = join(this.directory, 'mosquitto.conf');
    const { mqtt: port, websocket } = this.ports;
    writeFileSync(file, `listener ${port} 127.0.0.1\nlistener ${websocket} 127.0.0.1\nprotocol websockets\nallow_anonymous true\npersistence false\n`);
    this.broker = spawn('mosquitto', ['-c', file], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    this.gateway = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 100 });
    this.gateway.on('error', () => undefined); // the broker is not up yet
    this.gateway.on('message', (topic, payload) => this.actions.push({ topic, message: JSON.parse(payload.toString()) }));
    await until(() => this.gateway?.connected === true, 'the broker');
    await this.gateway.subscribeAsync(`${ROOT}action/+`, { qos: 1 });
    await this.say('online');
  }

  async stopBroker(): Promise<void> {
    await this.gateway?.endAsync(true);
    const { broker } = this;
    broker?.kill();
    await until(() => broker === null || broker.exitCode !== null || broker.signalCode !== null, 'the end of the broker');
  }

  async say(state: 'online' | 'offline'): Promise<void> {
    await this.publish('state', { state, store: 'paris-042', at: new Date().toISOString() });
  }

  async card(visit: string, change: Record<string, unknown> = {}): Promise<void> {
    await this.publish(`card/${visit}`, liveCard(visit, change));
  }

  async publish(name: string, message: unknown): Promise<void> {
    const payload = message === null ? '' : typeof message === 'string' ? message : JSON.stringify(message);
    await this.gateway!.publishAsync(ROOT + name, payload, { qos: 1, retain: true });
  }

  async visit(width = 1280, height = 800): Promise<Page> {
    const page = await this.browser!.newPage({ viewport: { width, height }, reducedMotion: 'reduce' });
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (line) => line.type() === 'error' && !line.text().includes('ERR_CONNECTION_REFUSED') && this.errors.push(line.text()));
    await page.goto(`http://127.0.0.1:${this.ports.http}/tablet/`);
    return page;
  }

  /** The action messages of one kind that have arrived, once there is at least one. */
  async arrived(action: string): Promise<{ topic: string; message: Record<string, unknown> }[]> {
    const found = () => this.actions.filter(({ message }) => message.action === action);
    await until(() => found().length > 0, `the action ${action}`);
    return found();
  }

  private serve(url: string, answer: import('node:http').ServerResponse): void {
    answer.setHeader('Content-Security-Policy', POLICY);
    if (url === '/tablet/config.json') {
      answer.end(JSON.stringify(this.config()));
      return;
    }
    try {
      const file = join(DIST, url === '/tablet/' ? 'index.html' : url.replace('/tablet/', ''));
      answer.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
      answer.end(readFileSync(file));
    } catch {
      answer.writeHead(404).end();
    }
  }

  private config() {
    return {
      mqtt_url: `ws://127.0.0.1:${this.ports.websocket}`,
      topic_root: 'touchpoint/v1',
      store: 'paris-042',
      zones: [{ id: 'fitting-1', kind: 'fitting' }, { id: 'fitting-3', kind: 'fitting' }],
      languages: ['fr', 'en'],
      timezone: 'Europe/Paris',
    };
  }
}

function liveCard(visit: string, change: Record<string, unknown>): Record<string, unknown> {
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const reason = { code: 'viewed_recently', fr: 'Cherche un manteau mi-long', en: 'Looks for a mid-length coat' };
  const coat = {
    id: `${visit}-s1`, variant: 'GATE-COAT-NAVY-42', style: 'GATE-COAT', name: 'Manteau Gate', size: '42', size_confidence: 0.93, color: 'Navy',
    price_minor: 24900, currency: 'EUR', stock: 2, stock_at: minutesAgo(4), location: 'Mur B4', image: null, rank: 1, reason,
  };
  return {
    v: 1, visit, zone: 'fitting-3', since: minutesAgo(6.2), state: 'new', claimed_by: null, label: { fr: 'Client fidélité', en: 'Loyalty member' },
    first_name: null, purpose: null, expires_at: minutesAgo(-20), collect: [], notice: null, suggestions: [coat], ...change,
  };
}

export async function until(holds: () => boolean | Promise<boolean>, what: string, deadlineMs = 30_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket().listen(0, '127.0.0.1', () => {
      const { port } = socket.address() as AddressInfo;
      socket.close(() => resolve(port));
    });
  });
}
