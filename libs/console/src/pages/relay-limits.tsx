import type { JSX } from 'preact';
import { Actions } from '../actions.js';
import { call } from '../api.js';
import type { Action } from '../dialog.js';
import { Form } from '../form.js';
import { useLoad } from '../load.js';
import { Moment, type Row, Table } from '../table.js';

type ListName = 'blocklist' | 'blacklist';

interface Settings {
  readonly blocklist: readonly Row[];
  readonly blacklist: readonly Row[];
  readonly bandwidth: Readonly<Record<string, number | null>>;
}

/** Whom the relays refuse or slow down, and how fast they go. */
export function RelayLimitsPage(): JSX.Element {
  const { value, error, reload } = useLoad<Settings>('api/v1/relay-settings');
  return (
    <section>
      <h1>Relay limits</h1>
      <p class="about">
        For all relays, at once and for good. Settings and files of single relays come on top.
      </p>
      {error !== '' && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      {value && (
        <>
          <Networks name="blocklist" title="Refused" rows={value.blocklist} changed={reload} />
          <Networks name="blacklist" title="Slowed down" rows={value.blacklist} changed={reload} />
          <Bandwidth values={value.bandwidth} changed={reload} />
        </>
      )}
    </section>
  );
}

interface NetworksProps {
  readonly name: ListName;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly changed: () => void;
}

function Networks({ name, title, rows, changed }: NetworksProps): JSX.Element {
  const columns = [
    { title: 'Address or network', field: 'network' },
    { title: 'Note', field: 'note' },
    { title: 'By', field: 'operator' },
    {
      title: 'Since',
      field: 'created_at',
      show: ({ created_at }: Row) => <Moment at={created_at} />,
    },
  ];
  return (
    <>
      <header class="head">
        <h2>{title}</h2>
        <Actions actions={[add(name)]} done={changed} />
      </header>
      <Table
        columns={columns}
        rows={rows}
        actions={(row) => [takeOff(name, row)]}
        changed={changed}
      />
    </>
  );
}

function add(name: ListName): Action {
  return {
    label: `Add to the ${name}`,
    fields: [
      {
        name: 'network',
        label: 'Address or network',
        required: true,
        hint: 'Such as 203.0.113.0/24',
      },
      { name: 'note', label: 'Note' },
    ],
    run: ({ network, note }) =>
      call('POST', `api/v1/relay-settings/${name}`, { networks: [network], note }),
  };
}

function takeOff(name: ListName, { network }: Row): Action {
  return {
    label: 'Take off',
    about: `${String(network)} leaves the ${name}.`,
    run: () => call('DELETE', `api/v1/relay-settings/${name}`, { networks: [network] }),
  };
}

function Bandwidth(props: { values: Settings['bandwidth']; changed: () => void }): JSX.Element {
  const names = Object.keys(props.values);
  const fields = names.map((name) => ({
    name,
    label: name,
    value: String(props.values[name] ?? ''),
  }));
  const run = async (texts: Readonly<Record<string, string>>): Promise<void> => {
    const numbers = names.map((name) => [name, texts[name] === '' ? null : Number(texts[name])]);
    await call('PATCH', 'api/v1/relay-settings/bandwidth', Object.fromEntries(numbers));
    props.changed();
  };
  return (
    <>
      <h2>Bandwidth</h2>
      <p class="about">
        In the units of the settings of these names; empty leaves it to the settings.
      </p>
      <Form key={JSON.stringify(props.values)} fields={fields} submit="Save" run={run} />
    </>
  );
}
