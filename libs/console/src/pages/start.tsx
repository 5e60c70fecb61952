import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { fetchBlob } from '../api.js';
import { useLoad } from '../load.js';

const DAY_MS = 24 * 60 * 60_000;
/** The figures are looked at anew this often. */
const LOOK_MS = 15_000;

/** The figures of this server, and what a client needs to reach it. */
export function StartPage(): JSX.Element {
  const [dayAgo] = useState(Date.now() - DAY_MS);
  return (
    <section>
      <h1>Start</h1>
      <div class="cards">
        <Figure title="Devices" path="api/devices?pageSize=1" page="devices" />
        <Figure
          title="Sessions in 24 hours"
          path={`api/v1/sessions?pageSize=1&since=${dayAgo}`}
          page="sessions"
        />
        <Figure
          title="Attempts in 24 hours"
          path={`api/v1/attempts?pageSize=1&since=${dayAgo}`}
          page="attempts"
        />
        <Figure title="Relays" path="api/v1/relays" page="relays" />
      </div>
      <ClientSetUp />
    </section>
  );
}

function Figure(props: { title: string; path: string; page: string }): JSX.Element {
  const { value, error } = useLoad<{ total: number }>(props.path, LOOK_MS);
  return (
    <div>
      <a href={`#/${props.page}`}>{props.title}</a>
      <b title={error}>{value === undefined ? '–' : value.total.toLocaleString()}</b>
    </div>
  );
}

interface ClientConfig {
  readonly host: string;
  readonly key: string;
  readonly api: string;
  readonly config: string;
  readonly exe_name: string;
  readonly command: string;
}

function ClientSetUp(): JSX.Element {
  const { value, error } = useLoad<ClientConfig>('api/v1/client-config');
  return (
    <>
      <h2>Set clients up</h2>
      {error !== '' && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      {value && (
        <div class="set-up">
          <QrCode />
          <div>
            <Copy title="ID server" text={value.host} />
            <Copy title="Key" text={value.key} />
            <Copy title="API server" text={value.api} />
            <Copy title="All of it, for “Import server config” in the client" text={value.config} />
            <Copy title="On a command line" text={value.command} />
            <Copy title="As the name of the Windows program" text={value.exe_name} />
          </div>
        </div>
      )}
    </>
  );
}

function Copy({ title, text }: { title: string; text: string }): JSX.Element {
  return (
    <label>
      <span>{title}</span>
      <pre class="copy">{text === '' ? '–' : text}</pre>
    </label>
  );
}

/** Fetched with the login, which an image of its own could not carry. */
function QrCode(): JSX.Element {
  const [url, setUrl] = useState('');
  useEffect(() => {
    let made = '';
    let isWanted = true;
    fetchBlob('api/v1/client-config/qr.svg').then(
      (blob) => {
        if (!isWanted) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      },
      () => setUrl(''),
    );
    return () => {
      isWanted = false;
      URL.revokeObjectURL(made);
    };
  }, []);
  if (url === '') return <div class="qr" />;
  return <img class="qr" src={url} alt="QR code that the client on a phone scans" />;
}
