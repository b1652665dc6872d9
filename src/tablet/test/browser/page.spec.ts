import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { Shop, until } from './shop';

const shop = new Shop();
let page: Page;

beforeAll(() => shop.open());
afterAll(() => shop.close());

beforeEach(async () => {
  await shop.card('v-1');
  shop.actions.length = 0;
  page = await shop.visit();
  await page.locator('[data-card="v-1"]').waitFor();
});

afterEach(async () => {
  await page.close();
  for (const visit of ['v-1', 'v-2', 'v-3']) await shop.publish(`card/${visit}`, null);
  expect(shop.errors).toEqual([]); // nothing thrown, nothing that the content security policy forbids
});

const button = (name: string) => page.getByRole('button', { name, exact: true });

async function signIn(code = 'a12'): Promise<void> {
  await page.getByLabel('Code vendeur').fill(code);
  await page.keyboard.press('Enter');
}

async function offlineBanner(): Promise<string> {
  const banner = page.locator('.banner:not(.none)');
  await banner.waitFor();
  return banner.innerText();
}

describe('the page', () => {
  it('says at a glance where, who, what, which size, where it hangs and why', async () => {
    const text = (await page.locator('article').innerText()).replace(/[\u00a0\u202f]/g, ' ');
    for (const words of ['Cabine 3', '6 min', 'Client fidélité', 'Manteau Gate', '42', 'Navy', '249,00 €', '2 en stock', 'Mur B4', 'Cherche un manteau mi-long', 'il y a 4 min']) {
      expect(text).toContain(words);
    }
  });

  it('asks for the code once, then sends the claim exactly as agreed', async () => {
    await button('Je m’en occupe').click();
    await signIn();
    const [claim] = await shop.arrived('claim');
    expect(claim?.topic).toMatch(/\/tablet\/action\/[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/);
    expect(claim?.message).toEqual({
      v: 1, id: expect.stringMatching(/^[0-9a-f-]{36}$/), visit: 'v-1', suggestion: null, action: 'claim',
      undoes: null, reason: null, associate: 'A12', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
    });
    await button('Essayé').click();
    expect((await shop.arrived('tried'))[0]?.message).toMatchObject({ suggestion: 'v-1-s1', associate: 'A12' });
  });

  it('sends a refusal with its reason and takes it back', async () => {
    await button('Refusé').click();
    await button('Prix').click();
    await signIn();
    const [refused] = await shop.arrived('refused');
    expect(refused?.message.reason).toBe('price');
    await page.getByRole('button', { name: 'Annuler' }).click();
    expect((await shop.arrived('undo'))[0]?.message).toMatchObject({ undoes: refused?.message.id, suggestion: 'v-1-s1' });
  });

  it('names the customer only to the one who serves', async () => {
    const claimed = { state: 'claimed', claimed_by: 'A12', first_name: 'Camille' };
    await shop.card('v-1', claimed);
    await page.getByText('Pris par A12').waitFor();
    expect(await page.getByText('Camille').count()).toBe(0);
    await button('S’identifier').click();
    await signIn();
    await page.getByText('Camille').waitFor();
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    expect(stored).not.toMatch(/Camille|v-1|GATE/);
  });

  it('survives broken cards and lets a withdrawn one go', async () => {
    await shop.publish('card/v-2', '{"v":1,');
    await shop.publish('card/v-3', { v: 1, visit: 'v-3', state: 'odd' });
    await shop.publish('card/v-1', null);
    await page.getByText('Personne n’attend').waitFor();
  });

  it('stays honest while the broker is away and catches up afterwards', async () => {
    await shop.card('v-2', { zone: 'fitting-1' });
    await page.locator('[data-card="v-2"]').waitFor();
    await button('S’identifier').click();
    await signIn();
    await shop.stopBroker();
    expect(await offlineBanner()).toMatch(/Hors ligne — données de \d\d:\d\d/);
    await page.locator('[data-card="v-1"]').click();
    await button('Proposé').click();
    await page.getByText('1 action en attente d’envoi').waitFor();
    await shop.startBroker();
    await shop.card('v-1'); // the gateway publishes its cards again; v-2 left meanwhile
    expect(await shop.arrived('proposed')).toHaveLength(1);
    await page.locator('.banner.none').waitFor({ state: 'attached' });
    await until(async () => (await page.locator('[data-card]').count()) === 1, 'the withdrawn card to go');
  });

  it('says offline too when only the gateway is gone', async () => {
    await shop.say('offline');
    expect(await offlineBanner()).toContain('Hors ligne');
    await shop.say('online');
    await page.locator('.banner.none').waitFor({ state: 'attached' });
  });

  it('speaks English at a tap', async () => {
    await page.getByRole('button', { name: 'EN, English' }).click();
    await page.getByText('Looks for a mid-length coat').waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  });

  it.each([[1280, 800], [800, 1280], [640, 400], [320, 640]])('fits %i × %i with targets of at least 48 px', async (width, height) => {
    await page.setViewportSize({ width, height });
    const measured = await page.evaluate(() => ({
      sideways: document.documentElement.scrollWidth > innerWidth,
      small: [...document.querySelectorAll('button')].filter((one) => one.offsetHeight < 48 || one.offsetWidth < 48).map((one) => one.innerText),
    }));
    expect(measured).toEqual({ sideways: false, small: [] });
  });
});
