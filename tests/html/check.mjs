// Opens each page in headless Chromium over its DevTools pipe, runs axe-core in it, and prints what it finds:
//   node check.mjs AXE.js PROFILE_FOLDER PAGE.html...
// Beside the rules: nothing of a page may be wider than the screen, and no text of a picture may be cut.
// Exit status: 0 no violation, 1 some, 70 the browser did not do what it was asked.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const STEP_TIMEOUT_MS = 180_000;
const SIZES = [[1280, 900], [400, 800]];
const [axeFile, profile, ...pages] = process.argv.slice(2);
const axe = readFileSync(axeFile, 'utf8');

const browser = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
  `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'],
{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const waiting = new Map();
const heard = [];
let rest = '';
let last = 0;
browser.stdio[4].on('data', (bytes) => {
  const parts = (rest + bytes).split('\0');
  rest = parts.pop();
  for (const part of parts) {
    const message = JSON.parse(part);
    if (message.id) waiting.get(message.id)?.(message);
    else heard.forEach((listen) => listen(message));
  }
});

// A browser that dies is an answer, too.
const death = new Promise((_, reject) => {
  const die = () => reject(new Error('the browser ended before it had answered'));
  browser.on('error', die);
  browser.on('exit', die);
  browser.stdio[3].on('error', die);
  browser.stdio[4].on('error', die);
});
death.catch(() => {});

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer in time`)), STEP_TIMEOUT_MS);
  });
  return Promise.race([promise, late, death]).finally(() => clearTimeout(timer));
}

async function ask(method, params = {}, sessionId = undefined) {
  const id = ++last;
  const answer = new Promise((done) => waiting.set(id, done));
  browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
  const message = await within(answer, method);
  waiting.delete(id);
  if (message.error) throw new Error(`${method}: ${message.error.message}`);
  return message.result;
}

function event(method) {
  return within(new Promise((done) => {
    heard.push(function listen(message) {
      if (message.method !== method) return;
      heard.splice(heard.indexOf(listen), 1);
      done(message);
    });
  }), method);
}

async function evaluate(session, expression) {
  const answer = await ask('Runtime.evaluate',
    { expression, awaitPromise: true, returnByValue: true }, session);
  if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? 'exception');
  return answer.result.value;
}

const rulesOn = (what) => `axe.run(${what}, {resultTypes: ['violations'], runOnly: {type: 'tag',
  values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}})
  .then(({violations, passes}) => ({passed: passes.length, found: violations.map(v => ({id: v.id, help: v.help,
    nodes: v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary.split('\\n').slice(1).join('; ').trim())}))}))`;

const LAYOUT = `(() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth)
    found.push('the page is ' + document.documentElement.scrollWidth + ' px wide on ' + innerWidth);
  for (const picture of document.querySelectorAll('svg[role=img]')) {
    const frame = picture.getBoundingClientRect(), texts = [...picture.querySelectorAll('text')]
      .map(t => ({box: t.getBoundingClientRect(), text: t.textContent}));
    for (const {box, text} of texts)
      if (box.left < frame.left - 0.5 || box.right > frame.right + 0.5 || box.top < frame.top - 0.5 ||
          box.bottom > frame.bottom + 0.5)
        found.push('cut: "' + text + '" in ' + picture.getAttribute('aria-label').slice(0, 60));
    for (let i = 0; i < texts.length; ++i)
      for (let j = i + 1; j < texts.length; ++j) {
        const a = texts[i].box, b = texts[j].box;
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 4) found.push('overlap: "' + texts[i].text + '" and "' + texts[j].text + '" in ' +
          picture.getAttribute('aria-label').slice(0, 60));
      }
  }
  return found;
})()`;

async function check(session, page, scheme, [width, height]) {
  await ask('Emulation.setEmulatedMedia',
    { features: [{ name: 'prefers-color-scheme', value: scheme }] }, session);
  await ask('Emulation.setDeviceMetricsOverride',
    { width, height, deviceScaleFactor: 1, mobile: false }, session);
  const loaded = event('Page.loadEventFired');
  await ask('Page.navigate', { url: pathToFileURL(resolve(page)).href }, session);
  await loaded;
  const asked = await evaluate(session,
    "performance.getEntriesByType('resource').map(entry => entry.name)");
  const scripts = await evaluate(session, 'document.scripts.length');
  await evaluate(session, axe + '; 0');
  const { passed, found } = await evaluate(session, rulesOn('document'));
  if (passed === 0) throw new Error('axe-core held no rule against the page');
  fewest = Math.min(fewest, passed);
  // One table that opens stands for all: they are made by one function.
  if (await evaluate(session, "document.querySelectorAll('details').length > 0 && " +
      "(document.querySelector('details').open = true)"))
    found.push(...(await evaluate(session, rulesOn("document.querySelector('figure:has(details)')"))).found);
  const layout = await evaluate(session, LAYOUT);
  const where = `${basename(page)} ${scheme} ${width}`;
  for (const violation of found) {
    console.log(`${where}: ${violation.id}: ${violation.help}`);
    violation.nodes.slice(0, 5).forEach((node) => console.log(`    ${node}`));
  }
  for (const each of layout) console.log(`${where}: ${each}`);
  for (const url of asked) console.log(`${where}: asked for ${url}`);
  if (scripts > 0) console.log(`${where}: has ${scripts} scripts`);
  return found.length + layout.length + asked.length + scripts;
}

let status = 70;
let fewest = Infinity;
try {
  const { targetId } = await ask('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await ask('Target.attachToTarget', { targetId, flatten: true });
  await ask('Page.enable', {}, sessionId);
  await ask('Page.setBypassCSP', { enabled: true }, sessionId);
  let count = 0, looks = 0;
  for (const page of pages)
    for (const scheme of ['light', 'dark'])
      for (const size of SIZES) {
        count += await check(sessionId, page, scheme, size);
        ++looks;
      }
  console.log(`${pages.length} pages, ${looks} looks, at least ${fewest} rules held in each: ${count} violations`);
  status = count > 0 ? 1 : 0;
} catch (error) {
  console.error(`assay: ${error.message}`);
} finally {
  browser.kill();
}
process.exitCode = status;
