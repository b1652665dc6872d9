// Takes a picture of the running tablet page once it shows at least one card.
//   node scripts/screenshot.mjs URL OUT.png [WIDTHxHEIGHT]
// CHROMIUM names another browser than /usr/bin/chromium, TABLET_LANGUAGE another language than the store's first.
// Exits 1 when no card appears within 30 s.

import { chromium } from 'playwright-core';

const CARD_DEADLINE_MS = 30_000;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const [url, out, size = '1280x800'] = process.argv.slice(2);
const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? [];
if (!url || !out || !width) {
  console.error('usage: node scripts/screenshot.mjs URL OUT.png [WIDTHxHEIGHT]');
  process.exit(2);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
try {
  const page = await browser.newPage({ viewport: { width: Number(width), height: Number(height) }, reducedMotion: 'reduce' });
  if (process.env.TABLET_LANGUAGE) await page.addInitScript((language) => localStorage.setItem('touchpoint.language', language), process.env.TABLET_LANGUAGE);
  page.on('pageerror', (error) => console.error(`page error: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && console.error(`console: ${message.text()}`));
  await page.goto(url);
  await page.locator('[data-card]').first().waitFor({ timeout: CARD_DEADLINE_MS });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: out });
  console.log(`${out}: ${width}x${height}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
}
