import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const hasChromium = existsSync(CHROMIUM);
/** In CI the browser must be there. */
export const tolerated = process.env['CI'] === undefined ? ' [optional]' : '';

const FLAGS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'];

/** A page of our own that must load nothing and report no error; what it did anyway is in `faults`. */
export async function openPage(url: string): Promise<{ readonly browser: Browser; readonly page: Page; readonly faults: string[] }> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on(
    'request',
    (request) => request.url() !== url && !/^(?:data|blob):/.test(request.url()) && faults.push(`it asked for ${request.url()}`),
  );
  await page.goto(url);
  return { browser, page, faults };
}
