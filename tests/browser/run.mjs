// Walks through the appliance's page in a real browser, against a page that is running:
//
//   node run.mjs --url http://127.0.0.1:8080 --code XXXX-XXXX-XXXX [--password …] [--chromium PATH]
//                [--screenshots FOLDER] [--no-speech]
//
// --code is the set-up code of the first run; leave it out where the password is already set.
// The page has to have at least one line and, within --patience seconds (60), one finished record
// with words and one call on which somebody speaks, and a headquarters that answers. With
// --no-speech no words are waited for; that the page says so is checked instead.
// Exit status: 0 all is well, 1 something is not, 2 used wrongly.
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values: wish } = parseArgs({
  options: {
    url: { type: 'string' },
    code: { type: 'string' },
    password: { type: 'string', default: 'correct horse battery staple' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    screenshots: { type: 'string' },
    patience: { type: 'string', default: '60' },
    'no-speech': { type: 'boolean', default: false },
  },
});
if (!wish.url) {
  console.error('run.mjs: say which page with --url http://…');
  process.exit(2);
}
const base = wish.url.replace(/\/$/, '');
const patience = Number(wish.patience) * 1000;
if (wish.screenshots) mkdirSync(wish.screenshots, { recursive: true });

const faults = [];
let passed = 0;
function check(what, right, found = '') {
  if (right) passed += 1;
  else faults.push(`${what}${found === '' ? '' : `: ${found}`}`);
  console.error(`${right ? ' ok ' : 'FAIL'} ${what}`);
}

const browser = await chromium.launch({
  executablePath: wish.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** A browser of its own, whose console is watched: a policy that is broken is an error there. */
async function visitor(settings) {
  const context = await browser.newContext(settings);
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on('console', (message) => {
    const expected = page.expecting && message.text().includes(page.expecting);
    if (message.type() === 'error' && !expected) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('blob:')) faults.push(`asked another place: ${request.url()}`);
  });
  return page;
}

async function picture(page, name) {
  if (wish.screenshots) await page.screenshot({ path: `${wish.screenshots}/${name}.png` });
}

const width = (page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

try {
  const page = await visitor({ locale: 'zh-CN', viewport: { width: 1280, height: 900 } });

  // The first run, or a later one.
  await page.goto(`${base}/`);
  check('a stranger is sent to the gate', /\/(set-up|sign-in)/.test(page.url()), page.url());
  check('Mandarin is spoken to a Mandarin browser', (await page.locator('html').getAttribute('lang')) === 'zh-Hans');
  await picture(page, 'gate');
  if (wish.code) {
    page.expecting = '422';
    await page.fill('#code', 'AAAA-AAAA-AAAA');
    await page.fill('#password', wish.password);
    await page.fill('#again', wish.password);
    await page.click('main button[type=submit]');
    check('a wrong set-up code is refused, with a reason', await page.locator('.mistake').isVisible());
    page.expecting = '';
    await page.fill('#code', wish.code);
    await page.fill('#password', wish.password);
    await page.fill('#again', wish.password);
    await page.click('main button[type=submit]');
    await page.waitForSelector('#lines');
    check('the set-up code lets one in', new URL(page.url()).pathname === '/');
    await page.locator('form[action="/sign-out"] button').click();
    await page.waitForURL('**/sign-in');
  }
  page.expecting = '422';
  await page.fill('#password', 'not the password');
  await page.click('main button[type=submit]');
  check('a wrong password is refused, with a reason', await page.locator('.mistake').isVisible());
  page.expecting = '';
  await page.fill('#password', wish.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#lines');
  check('the password lets one in', new URL(page.url()).pathname === '/');

  // The overview.
  const lines = await page.locator('#lines li').count();
  check('the overview shows lines', lines > 0, `${lines} lines`);
  check('the overview says how the appliance is', (await page.locator('#health').innerText()).trim() !== '');
  await page.waitForFunction(() => document.querySelector('#today strong'), null, { timeout: 5000 });
  await page.waitForSelector('#newest a.record .chip', { timeout: patience });
  check('a finished record appears by itself', true);
  check('its number is masked in the list', (await page.locator('#newest .number').allInnerTexts()).every((number) => !/[0-9]{6}/.test(number)));
  const [shown, now] = await page.evaluate(() => [
    document.querySelector('#newest time').textContent,
    new Date(Number(document.body.dataset.now)).toLocaleTimeString('en-GB', { timeZone: 'Asia/Shanghai' }),
  ]);
  const seconds = (time) => time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  const ago = (seconds(now) - seconds(shown) + 86400) % 86400;
  check("times are the branch's", ago < 900, `a call of ${shown} while the branch's clock was ${now}`);

  // The same page, without asking again, until headquarters has signed for a record on it.
  await page.evaluate(() => { window.stayed = true; });
  await page.waitForSelector('#newest .receipt.delivered[title*=":"]', { timeout: patience });
  check("headquarters' receipt ticks in by itself, with its time", await page.evaluate(() => window.stayed === true));

  if (wish['no-speech']) {
    check('the page says that speech is not recognised', (await page.locator('#health').innerText()).includes('语音识别'));
  } else {
    await page.waitForSelector('#running .words li.agent, #running .words li.customer', { timeout: patience });
    check('words appear while people talk', true);
  }
  await picture(page, 'overview');

  // The other language and back.
  await page.locator('.languages a[hreflang=en]').click();
  await page.waitForSelector('html[lang=en]');
  check('English after the switch', (await page.locator('h1').innerText()) === 'Overview');
  await page.locator('.languages a[hreflang="zh-Hans"]').click();
  await page.waitForSelector('html[lang="zh-Hans"]');
  check('Mandarin after switching back', (await page.locator('h1').innerText()) === '总览');

  // The keyboard: the first stop is the way past the navigation.
  await page.keyboard.press('Tab');
  check('the first key stop skips to the content', await page.evaluate(() => document.activeElement.classList.contains('skip')));

  // The list, filtered and not.
  await page.goto(`${base}/calls`);
  check('the list shows records', (await page.locator('a.record').count()) > 0);
  await page.fill('#text', 'zzzzzzzz');
  await page.locator('.filters button').click();
  await page.waitForSelector('.empty');
  check('a search for nothing finds nothing, and says so', await page.locator('.empty a').isVisible());
  page.expecting = '400';
  await page.goto(`${base}/calls?since=yesterday`);
  check('a filter that means nothing is explained', (await page.locator('main').innerText()).includes('YYYY-MM-DD'));
  page.expecting = '404';
  await page.goto(`${base}/calls/nonsense`);
  check('a call that there is not is explained', (await page.locator('.status').innerText()) === '404');
  page.expecting = '';

  // One record with evidence: it may still be in the making.
  const end = Date.now() + patience;
  let record = null;
  while (!record && !wish['no-speech'] && Date.now() < end) {
    await page.goto(`${base}/calls`);
    const hrefs = await page.locator('a.record:has(.chip.outline)').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    for (const href of hrefs.slice(0, 5)) {
      await page.goto(`${base}${href}`);
      if ((await page.locator('[data-evidence]').count()) > 0 && (await page.locator('.words.whole li').count()) > 1) {
        record = href;
        break;
      }
    }
    if (!record) await page.waitForTimeout(1000);
  }
  if (!wish['no-speech']) check('there is a record with words and evidence', record !== null);
  if (record) {
    check('its number is masked', /\*\*/.test(await page.locator('#number').innerText()));
    await page.waitForSelector('#wave:not([hidden])');
    check('its waveform is drawn', (await page.locator('#waveform path.a').getAttribute('d')).length > 0);
    const evidence = page.locator('[data-evidence]').first();
    const first = (await evidence.getAttribute('data-evidence')).split(' ')[0];
    await evidence.click();
    check('evidence marks its words', await page.locator(`#u${first}.cited`).isVisible());
    const [start, now] = await page.evaluate((id) => [Number(document.getElementById(id).dataset.start) / 1000, document.getElementById('audio').currentTime], `u${first}`);
    check('evidence takes the audio to its words', Math.abs(start - now) < 0.5, `${now} s for ${start} s`);
    const played = await page.evaluate(async () => {
      const audio = document.getElementById('audio');
      document.getElementById('play').click();
      const from = audio.currentTime;
      const end = Date.now() + 10_000;
      while (audio.currentTime - from < 0.2 && Date.now() < end) await new Promise((again) => setTimeout(again, 50));
      document.getElementById('play').click();
      return audio.currentTime - from;
    });
    check('the audio plays', played >= 0.2, `${played} s`);
    await page.locator('#wave').focus();
    await page.keyboard.press('Home');
    check('the keyboard moves the playing position', (await page.locator('#wave').getAttribute('aria-valuenow')) === '0');
    await picture(page, 'record');
    // The words themselves are the way into the sound.
    const last = page.locator('.words.whole li').last();
    await last.locator('p').click();
    const [begun, here] = await page.evaluate(() => {
      const words = [...document.querySelectorAll('.words.whole li')].at(-1);
      return [Number(words.dataset.start) / 1000, document.getElementById('audio').currentTime];
    });
    check('a click on words plays from there', here - begun > -0.1 && here - begun < 5, `${here} s for ${begun} s`);
    await page.evaluate(() => document.getElementById('audio').pause());
    await page.locator('#reveal button').click();
    await page.waitForFunction(() => !document.getElementById('number').textContent.includes('*'));
    check('the number is shown when asked for', /^[+0-9*#]+$/.test(await page.locator('#number').innerText()));
    for (const [link, ending] of [['/audio.wav?download=1', '.wav'], ['/vcon.json', '.vcon.json']]) {
      const [taken] = await Promise.all([page.waitForEvent('download'), page.locator(`a[href$="${link}"]`).click()]);
      check(`the call is taken away as ${ending}`, taken.suggestedFilename().endsWith(ending), taken.suggestedFilename());
    }

    // Compliance: hold, be refused, lift the hold, erase another call, see it all in the log.
    await page.fill('#why-hold', 'case 7');
    await page.locator('form[action$="/hold"] button').click();
    await page.waitForSelector('#why-release');
    check('a call is held, and cannot be erased then', (await page.locator('form[action$="/erase"]').count()) === 0);
    await page.fill('#why-release', 'case closed');
    await page.locator('form[action$="/release"] button').click();
    await page.waitForSelector('#why-hold');
    await page.goto(`${base}/calls`);
    const [list] = await Promise.all([page.waitForEvent('download'), page.locator('a.take').click()]);
    check('the list is taken away as a table', list.suggestedFilename() === 'tipring-calls.csv', list.suggestedFilename());
    const victim = (await page.locator('a.record').last().getAttribute('href'));
    await page.goto(`${base}${victim}`);
    await page.locator('.keeping summary').click();
    await page.fill('#why-erase', 'the customer asked');
    await page.locator('form[action$="/erase"] button').click();
    await page.waitForSelector('.gate');
    page.expecting = '404';
    check('an erased call is gone', (await page.goto(`${base}${victim}`)).status() === 404);
    page.expecting = '';
    await page.goto(`${base}/log?call=${victim.slice('/calls/'.length)}`);
    check('the log says who erased it and why', /administrator[\s\S]*the customer asked/.test(await page.locator('.log').innerText()));
    await picture(page, 'log');
  }

  // People: somebody new signs in, sees what the role allows, and is signed out by a change.
  await page.goto(`${base}/people`);
  await page.fill('#new-name', '李娜');
  await page.selectOption('#new-role', 'agent');
  await page.fill('#new-password', 'a password for li na');
  await page.locator('form[action="/people/add"] button').click();
  await page.waitForFunction(() => document.querySelectorAll('.people li').length === 2);
  check('a person is added', (await page.locator('.people').innerText()).includes('李娜'));
  await picture(page, 'people');
  const agent = await visitor({ locale: 'zh-CN', viewport: { width: 1280, height: 900 } });
  await agent.goto(`${base}/`);
  await agent.fill('#name', '李娜');
  await agent.fill('#password', 'a password for li na');
  await agent.keyboard.press('Enter');
  await agent.waitForSelector('#lines');
  check('an agent finds no way to log and people', (await agent.locator('nav a[href="/log"], nav a[href="/people"]').count()) === 0);
  if (record) {
    await agent.goto(`${base}${record}`);
    check('an agent reads a record and cannot listen', (await agent.locator('.words.whole li').count()) > 1 && (await agent.locator('#player').count()) === 0);
  }
  agent.expecting = '403';
  check('an agent asks for the log in vain', (await agent.goto(`${base}/log`)).status() === 403);
  agent.expecting = '';
  await page.locator('.people li', { hasText: '李娜' }).locator('summary').click();
  await page.locator('.people li', { hasText: '李娜' }).locator('form[action="/people/remove"] button').click();
  await page.waitForFunction(() => document.querySelectorAll('.people li').length === 1);
  await agent.goto(`${base}/`);
  check('who is removed is signed out', agent.url().includes('/sign-in'), agent.url());
  await page.goto(`${base}/lines`);
  check('the lines have a page', (await page.locator('article.line').count()) === lines);
  await page.goto(`${base}/system`);
  check('the system has a page', await page.locator('#parts article').count() >= 3);
  await page.goto(`${base}/account`);
  check('one\'s own account has a page', await page.locator('#password-card').isVisible());
  for (const path of ['/', '/calls', '/system', '/log', '/people', '/account', record].filter(Boolean)) {
    await page.goto(`${base}${path}`);
    const unnamed = await page.evaluate(() => [...document.querySelectorAll('input:not([type=hidden]), select, button, a')]
      .filter((one) => !(one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim())).length);
    check(`every control has a name on ${path === record ? 'a record' : path}`, unnamed === 0, `${unnamed} have none`);
  }

  // A telephone, in the dark, in English.
  const phone = await visitor({ locale: 'en-GB', colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await phone.goto(`${base}/`);
  check('English is spoken to an English browser', (await phone.locator('html').getAttribute('lang')) === 'en');
  await phone.fill('#password', wish.password);
  await phone.click('main button[type=submit]');
  await phone.waitForSelector('#lines');
  for (const path of ['/', '/calls', record, '/lines', '/system', '/log', '/people', '/account', '/nowhere'].filter(Boolean)) {
    phone.expecting = path === '/nowhere' ? '404' : '';
    await phone.goto(`${base}${path}`);
    const over = await width(phone);
    check(`nothing is wider than a telephone on ${path === record ? 'a record' : path}`, over <= 0, `${over} px too wide`);
  }
  phone.expecting = '';
  await phone.goto(`${base}/`);
  await picture(phone, 'phone');

  // Signing out ends it everywhere.
  await page.locator('form[action="/sign-out"] button').click();
  await page.waitForURL('**/sign-in');
  await page.goto(`${base}/calls`);
  check('nothing is shown after signing out', page.url().includes('/sign-in'));
} catch (error) {
  faults.push(`stopped: ${error.message.split('\n')[0]}`);
} finally {
  await browser.close();
}

for (const fault of faults) console.error(`FAIL ${fault}`);
console.log(JSON.stringify({ passed, failed: faults.length, faults }));
process.exit(faults.length ? 1 : 0);
