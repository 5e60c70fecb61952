import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '@waystation/testkit';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Without these Chromium calls its maker at every start. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The browser's program; undefined where there is none. */
export const browserProgram = PROGRAMS.find((path) => existsSync(path));

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly exceptionDetails?: unknown;
    readonly entry?: { level?: string; source?: string };
  };
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** One page in a headless Chromium, driven over its debugging protocol. */
export class Browser {
  /** What went wrong in the page: errors of scripts and what the browser itself reports as one. */
  readonly faults: string[] = [];
  readonly #waiting = new Map<number, PromiseWithResolvers<Message>>();
  #last = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly socket: WebSocket,
    private readonly profile: string,
  ) {
    socket.addEventListener('message', ({ data }) =>
      this.#heard(JSON.parse(String(data)) as Message),
    );
  }

  static async start(program: string): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'browser-'));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'];
    const child = spawn(
      program,
      [...flags, ...QUIET, `--user-data-dir=${profile}`, 'about:blank'],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const origin = await debuggingOrigin(child);
    const socket = new WebSocket(await pageUrl(origin));
    await once(socket, 'open');
    const browser = new Browser(child, socket, profile);
    for (const domain of ['Page', 'Runtime', 'Log']) await browser.send(`${domain}.enable`);
    return browser;
  }

  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<Message>();
    this.#waiting.set(id, waiting);
    this.socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await waiting.promise;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  async open(url: string): Promise<void> {
    await this.send('Page.navigate', { url });
  }

  /** What an expression is worth in the page. */
  async value<T>(expression: string): Promise<T> {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result } = await this.send('Runtime.evaluate', options);
    return (result as { value: T }).value;
  }

  /** Waits until the page shows a text. */
  async shows(text: string): Promise<void> {
    const what = `${text} on the page`;
    await until(async () => (await this.text()).includes(text), { what });
  }

  text(): Promise<string> {
    return this.value<string>('document.body.innerText');
  }

  /** Presses the first button or link with exactly this label; in an open window if there is one. */
  async press(label: string): Promise<void> {
    const found = `[...(document.querySelector('dialog[open]') ?? document).querySelectorAll('button, a')]
      .find((one) => one.textContent.trim() === ${JSON.stringify(label)})`;
    await until(() => this.value<boolean>(`${found} !== undefined`), { what: `a button ${label}` });
    await this.value(`${found}.click()`);
  }

  /** Types into the first field of this name, in the place of what is there; in an open window if there is one. */
  async fill(name: string, text: string): Promise<void> {
    const field = `(document.querySelector('dialog[open]') ?? document)
      .querySelector('[name=${JSON.stringify(name)}]')`;
    await until(() => this.value<boolean>(`${field} !== null`), { what: `a field ${name}` });
    await this.value(`${field}.focus(), ${field}.select()`);
    await this.send('Input.insertText', { text });
  }

  /** Chooses a value of the first choice of this name; in an open window if there is one. */
  async choose(name: string, value: string): Promise<void> {
    const field = `(document.querySelector('dialog[open]') ?? document)
      .querySelector('select[name=${JSON.stringify(name)}]')`;
    await until(() => this.value<boolean>(`${field} !== null`), { what: `a choice ${name}` });
    await this.value(`${field}.value = ${JSON.stringify(value)}`);
    await this.value(`${field}.dispatchEvent(new Event('change', { bubbles: true }))`);
  }

  /** Waits until a window is open over the page: both may have fields and buttons of the same name. */
  async opens(): Promise<void> {
    const open = "document.querySelector('dialog[open]') !== null";
    await until(() => this.value<boolean>(open), { what: 'a window over the page' });
  }

  async width(pixels: number): Promise<void> {
    const size = { width: pixels, height: 800, deviceScaleFactor: 1, mobile: false };
    await this.send('Emulation.setDeviceMetricsOverride', size);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.socket.close();
    this.child.kill();
    await ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #heard(message: Message): void {
    const { id, method, params } = message;
    if (id !== undefined) this.#waiting.get(id)?.resolve(message);
    const entry = params?.entry;
    const isFault =
      method === 'Runtime.exceptionThrown' ||
      // a refusal of the server is one of these as well, and no fault of the page
      (method === 'Log.entryAdded' && entry?.level === 'error' && entry.source !== 'network');
    if (isFault) this.faults.push(JSON.stringify(params));
  }
}

/** Chromium says on its second output where it listens. */
async function debuggingOrigin(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('the browser has no output');
  for await (const line of createInterface({ input: child.stderr })) {
    const heard = /^DevTools listening on ws:\/\/([^/]+)\//.exec(line);
    if (heard?.[1] !== undefined) return `http://${heard[1]}`;
  }
  throw new Error('the browser ended at its start');
}

async function pageUrl(origin: string): Promise<string> {
  const targets = (await (await fetch(`${origin}/json/list`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const page = targets.find(({ type }) => type === 'page');
  if (page === undefined) throw new Error('the browser has no page');
  return page.webSocketDebuggerUrl;
}
